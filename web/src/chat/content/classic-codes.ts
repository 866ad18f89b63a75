/** What chat apps have long written in brackets, as the glyph that says the same: `glyph name name …`. */
const TABLE = `
🙂 smile 微笑|😁 grin 呲牙|😄 laugh happy 大笑 哈哈 憨笑|😂 joy lol 笑哭|😊 blush 愉快 可爱|☺️ shy 害羞|😍 love 色 花心
😘 kiss 亲亲 飞吻|😜 tongue naughty 调皮 吐舌|😎 cool 酷 得意|😏 smirk 坏笑|🤭 titter 偷笑|😋 yum 馋|🤔 think thinking 思考
😳 flushed 发呆|😲 surprise surprised 惊讶|😱 scream 惊恐 恐惧|😢 sad tear 流泪|😭 cry 大哭|🙁 upset 难过|😔 pensive 失望
😅 sweat 尴尬 擦汗|😰 coldsweat 冷汗|😓 流汗|😡 angry 发怒 生气|🤬 curse 咒骂|😤 proud 傲慢|😫 crazy 抓狂|🤐 silent 闭嘴
🤫 quiet 嘘|😴 sleep 睡 睡觉|😪 sleepy 困|😵 dizzy 晕|🤮 vomit 吐|🙄 eyeroll 白眼|🥺 please 可怜|😶 speechless 无语
🤗 hug 拥抱|💀 skull 骷髅|💩 poop 便便|🐷 pig 猪头|👍 like good 强 赞|👎 dislike weak 弱|👌 ok OK 好的|✌️ victory 胜利 耶
👏 clap 鼓掌|🙏 thanks salute 抱拳 谢谢 合十|🤝 handshake 握手|👊 fist 拳头|💪 strong 奋斗 加油|👋 bye hello 再见
❤️ heart 爱心 心|💔 brokenheart 心碎|🌹 rose 玫瑰|🥀 wilt 凋谢|☀️ sun 太阳|🌙 moon 月亮|⚡ lightning 闪电|☕ coffee 咖啡
🍺 beer 啤酒|🍚 rice 饭|🍉 watermelon 西瓜|🎂 cake 蛋糕|🎁 gift 礼物|🎉 party 庆祝|🧨 firecracker 爆竹|🧧 redpacket 红包
💣 bomb 炸弹|🔪 knife 菜刀|❓ question 疑问|❗ exclamation 感叹|🔥 fire 火|💰 money 发财
`

const GLYPHS = new Map(
  TABLE.trim()
    .split(/[|\n]/)
    .flatMap((entry) => {
      const [glyph = '', ...names] = entry.split(' ')
      return names.map((name) => [name, glyph] as const)
    }),
)

/** The glyph of `[name]`, in English or Chinese; undefined for names of no meaning. */
export function classicGlyph(name: string): string | undefined {
  return GLYPHS.get(name) ?? GLYPHS.get(name.toLowerCase())
}
