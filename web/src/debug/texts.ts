import { defineTexts } from '../i18n/texts'

export const debugTexts = defineTexts({
  en: {
    title: 'Developer view',
    intro:
      'A nudge comes in over MQTT, a delta is pulled over REST. Newest first; click a line to see all of it.',
    nudges: 'nudges',
    pulls: 'pulls',
    rows: 'rows',
    held: 'needed no pull',
    all: 'All',
    wire: 'Push',
    pullsOnly: 'Pulls',
    others: 'Requests',
    states: 'State',
    show: 'Show',
    pause: 'Pause',
    goOn: 'Resume',
    clear: 'Clear',
    close: 'Close the developer view',
    empty: 'Nothing yet. If several tabs of this browser are open, one of them connects for all: look there.',
    nudge:
      'Something changed. A nudge carries no data, only which collection to look at; the stamp is that of the newest change it tells of. Losing one loses nothing.',
    custom:
      'What another device sent to the members of a session. It is passed on as it is and stored nowhere.',
    ack: 'Push answers each frame with a return code. 11: connected, from now on nudges come. 1: passed on. 10: another device has taken this one’s place.',
    heldWhy:
      'A nudge about something this device has already: it pulled past that stamp, or wrote it itself. So no request is made.',
    pull: 'A delta: every row whose stamp is larger than the cursor (Client-Sync-Time, in ms). The largest stamp of the answer is the next cursor, so that nothing is missed and nothing comes twice. 0 rows: it was here already.',
    write:
      'A write. It is answered when it is committed; the nudges to everybody else are stored in the same transaction.',
    read: 'A single object, or a page of older messages.',
    state: 'Where the client stands with the server. Only “live” says that everything is here.',
  },
  zh: {
    title: '开发者视图',
    intro: '通知经 MQTT 到达，增量经 REST 拉取。最新的在最前；点击一行查看全部内容。',
    nudges: '通知',
    pulls: '拉取',
    rows: '行',
    held: '无需拉取',
    all: '全部',
    wire: '推送',
    pullsOnly: '拉取',
    others: '请求',
    states: '状态',
    show: '显示',
    pause: '暂停',
    goOn: '继续',
    clear: '清空',
    close: '关闭开发者视图',
    empty: '暂无内容。同一浏览器打开多个标签页时，由其中一个代为连接：请到那里查看。',
    nudge:
      '有内容发生了变化。通知不携带数据，只说明该看哪个集合；stamp 是所涉及的最新变化的时间戳。丢失通知不会丢失任何数据。',
    custom: '其他设备发给会话成员的内容，原样转发，不做存储。',
    ack: '推送对每一帧回复返回码。11：已连接，此后会收到通知。1：已转发。10：另一台设备取代了本设备。',
    heldWhy: '通知的内容本设备已有：已拉取到该时间戳之后，或就是本设备写入的，因此不发请求。',
    pull: '增量：时间戳大于游标（Client-Sync-Time，毫秒）的所有行。响应中最大的时间戳即为下一个游标，因此不会遗漏，也不会重复。0 行：本设备已有全部内容。',
    write: '写入。提交之后才会响应；发给其他人的通知在同一事务中保存。',
    read: '单个对象，或一页更早的消息。',
    state: '客户端与服务器的连接状态。只有 “live” 表示内容已全部同步。',
  },
})
