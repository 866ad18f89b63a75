/** A Unicode emoji, and what it is called. */
export interface Glyph {
  glyph: string
  en: string
  zh: string
}

export type Category = 'faces' | 'people' | 'nature' | 'food' | 'play' | 'places' | 'things' | 'signs'

/** `glyph english/chinese`, commas between them. */
const TABLE: Record<Category, string> = {
  faces: `😀 grinning face/笑脸, 😃 smiling face with big eyes/大眼笑, 😄 laughing eyes/眯眼笑, 😁 beaming grin/呲牙笑,
😆 squinting laugh/大笑, 😅 sweating smile/苦笑, 🤣 rolling on the floor/笑翻, 😂 tears of joy/笑哭, 🙂 slight smile/微笑,
🙃 upside down/倒脸, 😉 wink/眨眼, 😊 blush/脸红, 😇 angel/天使, 🥰 smile with hearts/喜爱, 😍 heart eyes/花痴,
🤩 star struck/追星, 😘 kiss/飞吻, 😚 kiss with closed eyes/亲亲, 😋 yum/好吃, 😛 tongue/吐舌, 😜 winking tongue/调皮,
🤪 zany/疯癫, 🤑 money mouth/发财, 🤗 hug/拥抱, 🤭 giggle/偷笑, 🤫 shush/嘘, 🤔 thinking/思考, 🤐 zipper mouth/闭嘴,
🤨 raised eyebrow/怀疑, 😐 neutral/冷漠, 😑 expressionless/无语, 😶 no mouth/沉默, 😏 smirk/坏笑, 😒 unamused/不爽,
🙄 eye roll/白眼, 😬 grimace/龇牙, 😌 relieved/放松, 😔 pensive/失落, 😪 sleepy/困, 🤤 drool/流口水, 😴 sleeping/睡觉,
😷 mask/口罩, 🤒 fever/发烧, 🤕 bandage/受伤, 🤢 nausea/恶心, 🤮 vomit/呕吐, 🤧 sneeze/打喷嚏, 🥵 hot/热, 🥶 cold/冷,
🥴 woozy/晕乎, 😵 dizzy/头晕, 🤯 exploding head/震惊, 🤠 cowboy/牛仔, 🥳 party/派对, 😎 cool sunglasses/酷, 🤓 nerd/书呆子,
🧐 monocle/单片眼镜, 😕 confused/困惑, 😟 worried/担心, 🙁 frown/难过, 😮 open mouth/张嘴, 😲 astonished/惊讶,
😳 flushed/害羞, 🥺 pleading/可怜, 😨 fear/害怕, 😰 cold sweat/冷汗, 😢 crying/流泪, 😭 sobbing/大哭, 😱 scream/尖叫,
😖 confounded/纠结, 😞 disappointed/失望, 😓 downcast sweat/汗, 😩 weary/疲惫, 😫 tired/累, 🥱 yawn/打哈欠, 😤 huff/傲气,
😡 angry/生气, 🤬 cursing/骂人, 😈 devil smile/小恶魔, 💀 skull/骷髅, 💩 poop/便便, 🤡 clown/小丑, 👻 ghost/鬼,
👽 alien/外星人, 🤖 robot/机器人`,
  people: `👋 wave/挥手, 🖐️ hand/手掌, 👌 ok/好的, ✌️ victory/胜利, 🤞 fingers crossed/祈祷好运, 🤟 love you/爱你, 🤘 rock on/摇滚,
🤙 call me/打电话, 👈 left/左, 👉 right/右, 👆 up/上, 👇 down/下, ☝️ one/一, 👍 thumbs up like/赞, 👎 thumbs down dislike/踩,
✊ raised fist/拳头, 👊 punch/出拳, 👏 clap/鼓掌, 🙌 hooray/欢呼, 👐 open hands/张开双手, 🤝 handshake/握手,
🙏 thanks please/谢谢, ✍️ writing/写字, 💅 nails/美甲, 🤳 selfie/自拍, 💪 strong muscle/加油, 👀 eyes/眼睛, 🧠 brain/大脑,
👶 baby/婴儿, 🧒 child/孩子, 👩 woman/女人, 👨 man/男人, 🧓 old person/老人, 👮 police/警察, 👷 builder/工人, 🧑‍💻 programmer/程序员,
🧑‍🍳 cook/厨师, 🧑‍🎓 student/学生, 🧑‍⚕️ doctor/医生, 🙋 raising hand/举手, 🤦 facepalm/捂脸, 🤷 shrug/耸肩, 🙇 bow/鞠躬,
🏃 running/跑步, 🚶 walking/走路, 💃 dancing/跳舞, 👫 couple/情侣, 👪 family/家庭, 👑 crown/皇冠, 🎅 santa/圣诞老人`,
  nature: `🐶 dog/狗, 🐱 cat/猫, 🐭 mouse/老鼠, 🐰 rabbit/兔子, 🦊 fox/狐狸, 🐻 bear/熊, 🐼 panda/熊猫, 🐨 koala/考拉, 🐯 tiger/老虎,
🦁 lion/狮子, 🐮 cow/牛, 🐷 pig/猪, 🐸 frog/青蛙, 🐵 monkey/猴子, 🙈 see no evil/非礼勿视, 🐔 chicken/鸡, 🐧 penguin/企鹅,
🐦 bird/鸟, 🦆 duck/鸭子, 🦉 owl/猫头鹰, 🐺 wolf/狼, 🐴 horse/马, 🦄 unicorn/独角兽, 🐝 bee/蜜蜂, 🦋 butterfly/蝴蝶,
🐢 turtle/乌龟, 🐍 snake/蛇, 🐙 octopus/章鱼, 🐟 fish/鱼, 🐬 dolphin/海豚, 🐳 whale/鲸鱼, 🐉 dragon/龙, 🌵 cactus/仙人掌,
🌲 tree/树, 🌴 palm tree/棕榈树, 🍀 four leaf clover luck/四叶草, 🍁 maple leaf/枫叶, 🌷 tulip/郁金香, 🌹 rose/玫瑰,
🥀 wilted flower/凋谢, 🌸 cherry blossom/樱花, 🌻 sunflower/向日葵, 🌞 sun face/太阳, 🌙 moon/月亮, ⭐ star/星星, ✨ sparkles/闪亮,
⚡ lightning/闪电, 🔥 fire/火, 🌈 rainbow/彩虹, ☁️ cloud/云, 🌧️ rain/下雨, ❄️ snow/雪, 🌊 wave sea/海浪`,
  food: `🍎 apple/苹果, 🍊 orange/橘子, 🍋 lemon/柠檬, 🍌 banana/香蕉, 🍉 watermelon/西瓜, 🍇 grapes/葡萄, 🍓 strawberry/草莓,
🍒 cherries/樱桃, 🍑 peach/桃子, 🍍 pineapple/菠萝, 🥑 avocado/牛油果, 🍅 tomato/番茄, 🌽 corn/玉米, 🥕 carrot/胡萝卜,
🍄 mushroom/蘑菇, 🍞 bread/面包, 🥐 croissant/牛角包, 🧀 cheese/奶酪, 🥚 egg/鸡蛋, 🍔 burger/汉堡, 🍟 fries/薯条, 🍕 pizza/披萨,
🌮 taco/玉米卷, 🥗 salad/沙拉, 🍜 noodles/面条, 🍚 rice/米饭, 🍣 sushi/寿司, 🥟 dumpling/饺子, 🍲 hot pot/火锅, 🥮 mooncake/月饼,
🍦 ice cream/冰淇淋, 🍩 doughnut/甜甜圈, 🍪 cookie/饼干, 🎂 birthday cake/生日蛋糕, 🍰 cake/蛋糕, 🍫 chocolate/巧克力, 🍬 candy/糖果,
🍿 popcorn/爆米花, 🥛 milk/牛奶, ☕ coffee/咖啡, 🍵 tea/茶, 🧋 bubble tea/奶茶, 🍺 beer/啤酒, 🍻 cheers/干杯, 🍷 wine/红酒,
🍸 cocktail/鸡尾酒, 🥢 chopsticks/筷子`,
  play: `⚽ football soccer/足球, 🏀 basketball/篮球, 🏈 american football/橄榄球, ⚾ baseball/棒球, 🎾 tennis/网球, 🏐 volleyball/排球,
🏓 table tennis/乒乓球, 🏸 badminton/羽毛球, 🏊 swimming/游泳, 🚴 cycling/骑车, 🧗 climbing/攀岩, 🏆 trophy/奖杯, 🥇 gold medal/金牌,
🎯 target/靶心, 🎮 video game/游戏, 🎲 dice/骰子, 🀄 mahjong/麻将, ♟️ chess/国际象棋, 🎨 art/画画, 🎬 film/电影, 🎤 microphone/麦克风,
🎧 headphones/耳机, 🎵 music/音乐, 🎸 guitar/吉他, 🎹 piano/钢琴, 🎉 party popper/庆祝, 🎊 confetti/彩纸, 🎈 balloon/气球,
🎁 gift/礼物, 🧧 red envelope/红包, 🧨 firecracker/爆竹, 🏮 lantern/灯笼, 🎄 christmas tree/圣诞树, 🎃 pumpkin/南瓜灯`,
  places: `🚗 car/汽车, 🚕 taxi/出租车, 🚌 bus/公交车, 🚑 ambulance/救护车, 🚚 truck/卡车, 🚲 bicycle/自行车, 🛵 scooter/电动车,
🚄 high speed train/高铁, 🚇 metro/地铁, ✈️ plane/飞机, 🚀 rocket launch/火箭, 🚁 helicopter/直升机, ⛵ sailboat/帆船, 🚢 ship/轮船,
🚦 traffic light/红绿灯, 🗺️ map/地图, 🏠 home/家, 🏢 office/办公楼, 🏥 hospital/医院, 🏫 school/学校, 🏨 hotel/酒店, 🏔️ mountain/雪山,
🏖️ beach/海滩, 🏝️ island/岛, 🏕️ camping/露营, 🌃 night/夜景, 🌅 sunrise/日出, 🌍 world/地球`,
  things: `📱 phone/手机, 💻 laptop/电脑, ⌨️ keyboard/键盘, 🖨️ printer/打印机, 📷 camera/相机, 📺 television/电视, ⏰ alarm clock/闹钟,
⌛ hourglass/沙漏, 🔋 battery/电池, 💡 idea light bulb/灯泡, 🔦 torch/手电筒, 💰 money/钱, 💳 card/银行卡, 🔧 wrench/扳手, 🔨 hammer/锤子,
⚙️ gear/齿轮, 🔑 key/钥匙, 🔒 lock/锁, 🔔 bell/铃铛, 📢 loudspeaker/喇叭, 📦 package/包裹, ✉️ letter/信, 📝 note/备忘, 📅 calendar/日历,
📌 pin/图钉, 📎 paperclip/回形针, ✂️ scissors/剪刀, 📁 folder/文件夹, 📊 chart/图表, 📈 going up/上涨, 📉 going down/下跌, 📚 books/书,
🔍 search/搜索, 🧪 test tube/试管, 💊 pill/药, 🩹 plaster/创可贴, 🧹 broom/扫帚, 🛒 shopping cart/购物车, 👓 glasses/眼镜, 👕 shirt/T恤,
👗 dress/裙子, 👟 shoe/鞋, 🎒 backpack/书包, ☂️ umbrella/雨伞, 💎 gem/钻石, 💣 bomb/炸弹`,
  signs: `❤️ red heart love/爱心, 🧡 orange heart/橙心, 💛 yellow heart/黄心, 💚 green heart/绿心, 💙 blue heart/蓝心, 💜 purple heart/紫心,
🖤 black heart/黑心, 🤍 white heart/白心, 💔 broken heart/心碎, 💕 two hearts/双心, 💘 heart with arrow/丘比特, 💯 hundred/满分,
💢 anger/怒, 💥 boom/爆炸, 💦 sweat drops/汗滴, 💤 sleep/睡, 💬 speech/对话, ✅ done check/完成, ✔️ tick/勾, ❌ cross no/叉, ⭕ circle/圈,
❗ exclamation/感叹号, ❓ question/问号, ⚠️ warning/警告, 🚫 forbidden/禁止, ♻️ recycle/回收, 🆗 ok button/OK, 🆕 new/新, 🔝 top/顶,
➕ plus/加, ➖ minus/减, ▶️ play/播放, ⏸️ pause/暂停, 🔴 red/红色, 🟠 orange circle/橙色, 🟡 yellow/黄色, 🟢 green/绿色, 🔵 blue/蓝色,
⬆️ up arrow/上箭头, ⬇️ down arrow/下箭头, ⬅️ left arrow/左箭头, ➡️ right arrow/右箭头, 🏁 finish flag/终点, 🚩 flag/旗帜`,
}

/** The common ones, by what they show. */
export const CATEGORIES = Object.fromEntries(
  Object.entries(TABLE).map(([category, text]) => [category, text.split(/,\s+/).map(read)]),
) as Record<Category, Glyph[]>

export const GLYPHS: readonly Glyph[] = Object.values(CATEGORIES).flat()

function read(entry: string): Glyph {
  const space = entry.indexOf(' ')
  const [en = '', zh = ''] = entry.slice(space + 1).split('/')
  return { glyph: entry.slice(0, space), en, zh }
}

/** Those with such a name in either language, the ones whose name begins with it first. */
export function findGlyphs(words: string): Glyph[] {
  const wanted = words.trim().toLowerCase()
  if (wanted === '') return []
  const found = GLYPHS.filter(({ glyph, en, zh }) =>
    [glyph, en, zh].some((name) => name.toLowerCase().includes(wanted)),
  )
  const isLater = ({ en, zh }: Glyph) => Number(!en.startsWith(wanted) && !zh.startsWith(wanted))
  return found.sort((a, b) => isLater(a) - isLater(b))
}
