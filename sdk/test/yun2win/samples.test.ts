// biome-ignore-all lint: the samples are as the document has them.
// biome-ignore-all format: the samples are as the document has them.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Person } from '../../../test/helpers/person.js'
import { TestEnv } from '../../../test/helpers/test-env.js'
import { vendorSettings } from '../../../test/helpers/vendor-client.js'
import type {
  Contact,
  Contacts,
  CurrentUser,
  IMClient,
  IMNotification,
  IMSession,
  Message,
  Session,
  SessionMember,
  UserConversation,
  UserSession,
  Y2wIMBridge,
  Yun2win,
} from '../../src/yun2win/index.js'
import { globalMaxDate, globalMinDate } from '../../src/yun2win/index.js'
import { Alerts, browserStorage, eventually, openPage, result } from './page.js'

/**
 * Every sample of the document of the vendor's web SDK, in its order: what runs is the sample, with `alert`, `window`
 * and `console` as the test has them. Each test goes on from where the one before it stopped.
 */

let env: TestEnv
let bob: Person
let carol: Person
let page: Yun2win
let Users: Yun2win['Users']
let y2wIM: Yun2win['y2wIM']
let me: CurrentUser
/** With bob. */
let session: Session
/** Of alice, with bob. */
let group: Session
/** Of bob, with alice and carol. */
let club: { id: string; name: string }

const storage = browserStorage()
const account = 'alice@example.com'
const pwd = 'sécret 密码'
const name = '例君'
const alerts = new Alerts()
const alert = alerts.alert
const window = { location: { href: '' } }
const logged: string[] = []
const log = (text: unknown) => void logged.push(String(text))
const console = { log, warn: log, error: log }

beforeAll(async () => {
  env = await TestEnv.start({ settings: await vendorSettings() })
  ;[bob, carol] = (await env.people('bob', 'carol')) as [Person, Person]
  page = openPage(env.url, storage)
  ;({ Users, y2wIM } = page)
})
afterAll(async () => {
  me?.y2wIMBridge?.disconnect()
  await env.close()
})

describe('注册', () => {
  test('register', async () => {
    const said = alerts.next()
    let registered: unknown
Users.getInstance().remote.register(account, pwd, name, function(err, user){
if(err){
alert("注册失败:" + err);
return;
}
alert("注册成功");
window.location.href = '../web/index.html';
registered = user
});
    expect(await said).toBe('注册成功')
    expect(window.location.href).toBe('../web/index.html')
    expect(registered).toMatchObject({ id: expect.any(String), name, account, avatarUrl: ' ' })
    const { body } = await bob.call('GET', `users?filter_term=${account}`)
    expect(body.entries[0]).toMatchObject({ name })
  })

  test('a taken account: the text of the server', async () => {
    const said = alerts.next()
Users.getInstance().remote.register(account, pwd, name, function(err, user){
if(err){
alert("注册失败:" + err);
return;
}
alert("注册成功");
void user
});
    expect(await said).toBe('注册失败:该账号已被注册')
  })
})

describe('登录', () => {
  test('login, and a wrong password and nobody', async () => {
    const login = (account: string, pwd: string) => {
Users.getInstance().remote.login(account, pwd, function(err){
if(err){
alert("登录失败:" + err);
return;
}
window.location.href = '../web/main.html';
})
    }
    let said = alerts.next()
    login(account, 'wrong')
    expect(await said).toBe('登录失败:用户密码不匹配')
    said = alerts.next()
    login('nobody@example.com', pwd)
    expect(await said).toBe('登录失败:用户不存在')
    login(account, pwd)
    await eventually(() => window.location.href === '../web/main.html')
  })
})

describe('用户查找', () => {
  test('search with a token, as nobody is logged in on this page yet', async () => {
    let token = bob.token
    const found = await new Promise<unknown>((resolve) => {
      const account = 'BOB@example.com'
Users.getInstance().remote.search(account, token, function(err,user){
if(user){
//查到了用户
void err
resolve(user)
}
});
    })
    expect(found).toMatchObject({ id: bob.id, name: 'bob', account: 'bob@example.com', avatarUrl: ' ' })
  })
})

describe('当前用户', () => {
  test('the next page knows who logged in', () => {
    page = openPage(env.url, storage)
    ;({ Users, y2wIM } = page)
var currentUser = Users.getInstance().getCurrentUser();
    me = currentUser
    expect(currentUser).toMatchObject({ name, account })
    expect(Users.getInstance().getCurrentUser()).toBe(currentUser)
  })

  test('属性', () => {
    const { appKey, secret, token } = me
    expect([appKey, secret, token].every((text) => typeof text === 'string' && text !== '')).toBe(true)
    expect(me.imToken).toBeUndefined()
    for (const list of [me.userConversations, me.contacts, me.sessions, me.userSessions, me.attchments]) {
      expect(list.user).toBe(me)
    }
    expect(me.currentSession).toBeUndefined()
    expect(me.y2wIMBridge).toBeUndefined()
    const own = Object.keys(me)
    for (const property of ['userConversations', 'contacts', 'sessions', 'userSessions', 'attchments', 'remote']) {
      expect(own).toContain(property)
    }
  })

  test('search without a token, as somebody is logged in', async () => {
    const account = 'carol@example.com', token = null
    const found = await new Promise((resolve) => {
Users.getInstance().remote.search(account, token, function(err,user){
if(user){
//查到了用户
void err
resolve(user)
}
});
    })
    expect(found).toMatchObject({ id: carol.id, name: 'carol' })
    expect(Users.getInstance().get(carol.id)).toBe(found)
    expect(await result((cb) => Users.getInstance().remote.search('nobody', null, cb))).toBeNull()
  })

  test('更新当前用户信息', async () => {
    const said = alerts.next()
    const currentUser = me
    currentUser.jobTitle = '工程师'
currentUser.remote.store(function(err){ if(err){ alert("更新失败:" + err); return; } alert("更新成功"); })
    expect(await said).toBe('更新成功')
    expect((await bob.call('GET', `users/${me.id}`)).body).toMatchObject({ name, jobTitle: '工程师' })
  })

  test('同步获取用于连接y2wIM消息推送服务器的凭证', async () => {
    const said = alerts.next()
    const currentUser = me
currentUser.remote.syncIMToken(function(err){ if(err){ alert("同步失败:" + err); return; } alert("同步成功"); })
    expect(await said).toBe('同步成功')
    expect(me.imToken).toMatch(/.+/)
  })
})

describe('UserConversations', () => {
  let userConversation: UserConversation

  let p2pId: string

  test('初始化, 同步用户会话', async () => {
    club = await bob.group(me, carol)
    p2pId = (await bob.p2pWith(me)).id
    await bob.send(p2pId, '你好')
    const userConversations = me.userConversations
    expect(userConversations.updatedAt).toBe(globalMinDate)
userConversations.init()
    const said = alerts.next()
userConversations.remote.sync(function(err){ if(err){ alert("同步失败:" + err); return; } alert("同步成功"); })
    expect(await said).toBe('同步成功')
  })

  test('获取用户会话, 获取用户会话列表', () => {
    const userConversations = me.userConversations, type = 'p2p', targetId = bob.id
    userConversation = userConversations.get(type, targetId) as UserConversation
    expect(userConversation).toMatchObject({
      userConversations, targetId, type, name: 'bob', avatarUrl: ' ', unread: 2, isDelete: false, visiable: true, top: false,
      lastMessage: { sender: bob.id, type: 'text', content: { text: '你好' } },
    })
    const all = userConversations.getUserConversations()
    expect(all.map(({ targetId }) => targetId)).toEqual([bob.id, club.id])
    expect(userConversations.getUserConversations('group').map(({ targetId }) => targetId)).toEqual([club.id])
    expect(userConversations.updatedAt).toBe(userConversation.updatedAt)
  })

  test('获取名称, 获取头像', () => {
    expect(userConversation.getName()).toBe('bob')
    expect(userConversation.getAvatarUrl()).toBeNull()
  })

  test('获取目标会话', async () => {
    const said = alerts.next()
    let got: Session | undefined
userConversation.getSession(function(err, session){ if(err){ alert('获取session失败:' + err); return; } alert('获取session成功'); got = session })
    expect(await said).toBe('获取session成功')
    session = got as unknown as Session
    expect(session).toMatchObject({ id: p2pId, type: 'p2p' })
  })

  test('获取历史消息', async () => {
    const said = alerts.next()
    let list: Message[] = []
userConversation.getLastMessages(function(err, messages){ if(err){ alert('获取历史消息失败:' + err); return; } alert('获取历史消息成功'); list = messages })
    expect(await said).toBe('获取历史消息成功')
    expect(list.map(({ content }) => content.text)).toEqual(['现在可以开始聊天了', '你好'])
  })

  test('同步消息', async () => {
    await bob.send(p2pId, '在吗')
    const said = alerts.next()
    const force = true
    let list: Message[] = []
userConversation.syncMessages(force, function(err, messages){ if(err){ alert('同步失败:' + err); return; } alert('同步成功'); list = messages })
    expect(await said).toBe('同步成功')
    expect(list.map(({ content }) => content.text)).toEqual(['在吗'])
    expect(session.messages.count()).toBe(3)
  })

  test('清除已读数量', async () => {
userConversation.clearUnread()
    expect(userConversation.unread).toBe(0)
    await eventuallyUnread(0)
  })

  const eventuallyUnread = async (unread: number) => {
    for (let tries = 0; ; tries += 1) {
      await result((cb) => me.userConversations.remote.sync(cb))
      if (userConversation.unread === unread || tries > 50) break
    }
    expect(userConversation.unread).toBe(unread)
  }

  test('更新用户会话信息', async () => {
    const userConversations = me.userConversations
    const userConversation = userConversations.get('group', club.id) as UserConversation
    userConversation.top = true
    const said = alerts.next()
userConversations.remote.store(userConversation, function(err){ if(err){ alert("更新失败:" + err); return; } alert("更新成功"); })
    expect(await said).toBe('更新成功')
    await bob.send(p2pId, 'later')
    await result((cb) => userConversations.remote.sync(cb))
    // 置顶标志
    expect(userConversations.getUserConversations().map(({ type }) => type)).toEqual(['group', 'p2p'])
  })

  test('删除用户会话', async () => {
    const userConversations = me.userConversations
    const userConversationId = (userConversations.get('group', club.id) as UserConversation).id
    const said = alerts.next()
userConversations.remote.remove(userConversationId, function(err){ if(err){ alert("删除失败:" + err); return; } alert("删除成功"); })
    expect(await said).toBe('删除成功')
    await result((cb) => userConversations.remote.sync(cb))
    expect(userConversations.getUserConversations().map(({ type }) => type)).toEqual(['p2p'])
  })
})

describe('Contacts', () => {
  let contact: Contact
  let contacts: Contacts

  test('属性, 初始化', () => {
    contacts = me.contacts
    expect(contacts.updatedAt).toBe(globalMinDate)
contacts.init()
    expect(contacts.getContacts()).toEqual([])
  })

  test('添加联系人', async () => {
    const said = alerts.next()
    const userId = bob.id, name = 'bob'
contacts.remote.add(userId, name, function(err){ if(err){ alert("添加联系人失败:" + err); return; } alert("添加联系人成功"); })
    expect(await said).toBe('添加联系人成功')
    expect((await bob.call('GET', `users/${bob.id}/contacts`)).body.entries[0]).toMatchObject({ userId: me.id })
    // 提醒: 添加联系人后使用同步方法重新获取联系人
    expect(contacts.get(bob.id)).toBeUndefined()
  })

  test('添加联系人, once more', async () => {
    const said = alerts.next()
    const userId = bob.id, name = 'bob'
contacts.remote.add(userId, name, function(err){ if(err){ alert("添加联系人失败:" + err); return; } alert("添加联系人成功"); })
    expect(await said).toMatch(/^添加联系人失败:.+/)
  })

  test('同步联系人', async () => {
    const said = alerts.next()
contacts.remote.sync(function(err){ if(err){ alert("同步失败:" + err); return; } alert("同步成功"); })
    expect(await said).toBe('同步成功')
  })

  test('获取联系人, 获取联系人列表', () => {
    const userId = bob.id
    contact = contacts.get(userId) as Contact
    expect(contacts.getContacts()).toEqual([contact])
    expect(contact).toMatchObject({ contacts, userId, name: 'bob', title: '', isDelete: false, avatarUrl: ' ' })
    expect(contact.pinyin).toEqual(expect.any(Array))
    expect(contact.updatedAt).toBe(contacts.updatedAt)
    expect(contact.createdAt).toBeGreaterThan(globalMinDate)
  })

  test('更新联系人信息', async () => {
    const said = alerts.next()
    contact.title = '小鲍'
contacts.remote.store(contact, function(err){ if(err){ alert("更新失败:" + err); return; } alert("更新成功"); })
    expect(await said).toBe('更新成功')
    await result((cb) => contacts.remote.sync(cb))
    expect(contacts.get(bob.id)).toBe(contact)
  })

  test('获取名称, 获取头像, 获取拼音', () => {
    expect(contact.getName()).toBe('小鲍')
    // 修改联系人备注,会在会话及消息中显示备注的名称
    expect(me.userConversations.get('p2p', bob.id)?.getName()).toBe('小鲍')
    expect(contact.getAvatarUrl()).toBeNull()
    expect(contact.getPinYin()).toEqual(contact.titlePinyin)
    expect(contact.titlePinyin.length).toBeGreaterThan(0)
  })

  test('删除联系人', async () => {
    await result((cb) => contacts.remote.add(carol.id, 'carol', cb))
    await result((cb) => contacts.remote.sync(cb))
    const said = alerts.next()
    const contactId = (contacts.get(carol.id) as Contact).id
contacts.remote.remove(contactId, function(err){ if(err){ alert("删除失败:" + err); return; } alert("删除成功"); })
    expect(await said).toBe('删除成功')
    await result((cb) => contacts.remote.sync(cb))
    expect(contacts.getContacts()).toEqual([contact])
    expect(contacts.get(carol.id)).toMatchObject({ isDelete: true })
  })
})

describe('群组', () => {
  test('收藏群组, 同步群组, 获取群组, 获取群组列表', async () => {
    const userSessions = me.userSessions
userSessions.init()
    let said = alerts.next()
    const sessionId = club.id, name = club.name, avatarUrl = ' '
userSessions.remote.add(sessionId, name, avatarUrl, function(err){ if(err){ alert("收藏群组失败:" + err); return; } alert("收藏群组成功"); })
    expect(await said).toBe('收藏群组成功')
    said = alerts.next()
userSessions.remote.sync(function(err){ if(err){ alert("同步失败:" + err); return; } alert("同步成功"); })
    expect(await said).toBe('同步成功')
    const userSession = userSessions.get(sessionId) as UserSession
    expect(userSession).toMatchObject({ userSessions, sessionId, name: club.name, isDelete: false, avatarUrl: ' ' })
    expect(userSession.getAvatarUrl()).toBeNull()
    expect(userSessions.getUserSessions()).toEqual([userSession])
  })

  test('取消收藏群组', async () => {
    const userSessions = me.userSessions
    const said = alerts.next()
    const userSessionId = (userSessions.get(club.id) as UserSession).id
userSessions.remote.remove(userSessionId, function(err){ if(err){ alert("取消收藏群组失败:" + err); return; } alert("取消收藏群组成功"); })
    expect(await said).toBe('取消收藏群组成功')
    await result((cb) => userSessions.remote.sync(cb))
    expect(userSessions.getUserSessions()).toEqual([])
  })
})

describe('Session', () => {
  test('获取会话: that of a pair, with its members', async () => {
    const said = alerts.next()
    const sessions = me.sessions, targetId = bob.id, type = 'p2p'
    let got: unknown
sessions.get(targetId, type, function(err, session){
if(err){
alert("获取会话失败:" + err);
return;
}
alert("获取会话成功");
got = session
})
    expect(await said).toBe('获取会话成功')
    // 先在本地搜索
    expect(got).toBe(session)
    expect(session).toMatchObject({ sessions, type, avatarUrl: ' ' })
    const [other, fresh] = [openPage(env.url, storage).Users.getInstance().getCurrentUser(), carol.id]
    const withCarol = await result<Session>((cb) => other.sessions.get(fresh, type, cb))
    expect(withCarol.members.getMember(carol.id)).toMatchObject({ name: 'carol' })
    expect(session.members.getMembers()).toHaveLength(2)
    expect(await result((cb) => sessions.get(targetId, type, cb))).toBe(session)
  })

  test('根据SessionId获取本地会话, 获取会话目标id', () => {
    const sessions = me.sessions, id = session.id, type = 'p2p'
    expect(
sessions.getById(id)
    ).toBe(session)
    expect(
sessions.getTargetId(id, type)
    ).toBe(bob.id)
sessions.init()
    expect(sessions.getById(id)).toBe(session)
  })

  test('同步会话', async () => {
    const said = alerts.next()
    const sessions = me.sessions, targetId = bob.id, type = 'p2p'
sessions.remote.sync(targetId, type, function(err){ if(err){ alert("同步失败:" + err); return; } alert("同步成功"); })
    expect(await said).toBe('同步成功')
  })

  test('添加会话', async () => {
    const said = alerts.next()
    const sessions = me.sessions, type = 'group', name = '我们', secureType = 'private', avatarUrl = ' '
    let made: unknown
sessions.remote.add(type, name, secureType, avatarUrl, function(err, session){ if(err){ alert("添加会话失败:" + err); return; } alert("添加会话成功"); made = session })
    expect(await said).toBe('添加会话成功')
    group = made as Session
    expect(group).toMatchObject({ type, secureType, sessions })
  })

  test('删除会话', async () => {
    const sessions = me.sessions
    const session = await result<Session>((cb) => sessions.remote.add('group', 'short-lived', 'private', ' ', cb))
    await result((cb) => session.members.remote.add(me.id, me.name, 'master', ' ', 'active', cb))
    const said = alerts.next()
sessions.remote.remove(session, function(err){ if(err){ alert("删除会话失败:" + err); return; } alert("删除会话成功"); })
    expect(await said).toBe('删除会话成功')
    expect(sessions.getById(session.id)).toBeUndefined()
    expect((await result<number>((cb) => me.userConversations.remote.sync(cb)))).toBeGreaterThan(0)
    expect(me.userConversations.get('group', session.id)).toMatchObject({ isDelete: true })
  })

  test('获取用户会话对象', async () => {
    await result((cb) => me.userConversations.remote.sync(cb))
    expect(
session.getConversation()
    ).toBe(me.userConversations.get('p2p', bob.id))
  })

  test('添加会话成员', async () => {
    const sessionMembers = group.members
    const add = async (userId: string, name: string, role: string) => {
      const said = alerts.next()
      const avatarUrl = ' ', status = 'active'
sessionMembers.remote.add(userId, name, role, avatarUrl, status, function(err){ if(err){ alert("添加会话成员失败:" + err); return; } alert("添加会话成员成功"); })
      return said
    }
    expect(await add(me.id, me.name, 'master')).toBe('添加会话成员成功')
    expect(await add(bob.id, 'bob', 'user')).toBe('添加会话成员成功')
    expect(await add(carol.id, 'carol', 'user')).toBe('添加会话成员成功')
    expect(await result((cb) => me.sessions.remote.sync(group.id, 'group', cb))).toBe(group)
    expect((await bob.call('GET', `sessions/${group.id}`)).status).toBe(200)
  })

  test('同步会话成员', async () => {
    const said = alerts.next()
    const sessionMembers = group.members
sessionMembers.remote.sync(function(err){ if(err){ alert("同步失败:" + err); return; } alert("同步成功"); })
    expect(await said).toBe('同步成功')
  })

  test('获取会话成员, 获取会话成员列表, 获取p2p会话相对方的会话成员对象, 获取头像', () => {
    const sessionMembers = group.members, userId = bob.id
sessionMembers.init()
    const sessionMember = sessionMembers.getMember(userId) as SessionMember
    expect(sessionMember).toMatchObject({ sessionMembers, userId, name: 'bob', role: 'user', status: 'active' })
    const ids = [me, bob, carol].map(({ id }) => id).sort((a, b) => Number(a) - Number(b))
    expect(sessionMembers.getMembers().map((member) => member.userId)).toEqual(ids)
    expect(sessionMembers.createdAt).toBe(Math.max(...sessionMembers.getMembers().map((member) => member.createdAt)))
    expect(session.members.getP2POtherSideMember(me.id)?.userId).toBe(bob.id)
    expect(sessionMember.getAvatarUrl()).toBeNull()
  })

  test('删除会话成员', async () => {
    const said = alerts.next()
    const sessionMembers = group.members, before = sessionMembers.createdAt
    const memberId = (sessionMembers.getMember(carol.id) as SessionMember).id
sessionMembers.remote.remove(memberId, function(err){ if(err){ alert("删除会话成员失败:" + err); return; } alert("删除会话成员成功"); })
    expect(await said).toBe('删除会话成员成功')
    await result((cb) => sessionMembers.remote.sync(cb))
    expect(sessionMembers.getMembers()).toHaveLength(2)
    expect(sessionMembers.getMember(carol.id)).toMatchObject({ isDelete: true })
    expect(sessionMembers.createdAt).toBeGreaterThan(before)
  })

  describe('消息', () => {
    test('创建消息对象, 保存消息', async () => {
      const messages = session.messages
      expect(messages.sessionUpdatedAt).toBeGreaterThan(globalMinDate)
      expect(messages.topDate).toBeLessThan(globalMaxDate)
      const obj = { sender: me.id, to: bob.id, type: 'text', content: { text: 'stored' }, status: 'storing' as const }
      var message =
messages.createMessage(obj)
      expect(message).toMatchObject({ messages, status: 'storing', isDelete: false })
      const said = alerts.next()
messages.remote.store(message, function(err, message){ if(err){ alert("保存失败:" + err); return; } alert("保存成功"); void message })
      expect(await said).toBe('保存成功')
      expect(message.status).toBe('stored')
      const { entries } = await bob.pullMessages(session.id)
      expect(entries.at(-1)).toMatchObject({ id: message.id, content: '{"text":"stored"}', type: 'text' })
    })

    test('同步消息', async () => {
      const messages = session.messages
      const said = alerts.next()
      let got: Message[] = []
messages.remote.sync(function(err, list){ if(err){ alert("同步失败:" + err); return; } alert("同步成功"); got = list })
      expect(await said).toBe('同步成功')
      expect(got.map(({ content }) => content.text)).toEqual(['later', 'stored'])
      // 同步的消息不具备此属性
      expect(got.map(({ status }) => status)).toEqual(['', ''])
      expect(got[0]?.from).toBe(Users.getInstance().get(bob.id))
      expect(got[0]?.to).toBe(me)
    })

    test('获取消息数量, 获取消息列表', () => {
      const messages = session.messages
      expect(messages.count()).toBe(5)
      expect(messages.getMessages().map(({ createdAt }) => createdAt)).toEqual(
        messages.getMessages().map(({ createdAt }) => createdAt).sort((a, b) => a - b),
      )
    })

    test('获取历史消息: 20 before topDate', async () => {
      const { entries } = await bob.pullMembers(group.id)
      expect(entries.length).toBeGreaterThan(0)
      for (let at = 0; at < 25; at += 1) await bob.send(group.id, `n${at}`)
      const messages = group.messages
      const older = async () => {
        const said = alerts.next()
        let got: Message[] = []
messages.remote.getLastMessages(function(err, list){ if(err){ alert("获取历史消息失败:" + err); return; } alert("获取历史消息成功"); got = list })
        expect(await said).toBe('获取历史消息成功')
        return got
      }
      const first = await older()
      expect(first).toHaveLength(20)
      expect(first.at(-1)).toMatchObject({ content: { text: 'n24' } })
      expect(first[0]).toMatchObject({ content: { text: 'n5' } })
      expect(messages.topDate).toBe(first[0]?.createdAt)
      expect(messages.more).toBe(true)
      const second = await older()
      expect(second.at(-1)).toMatchObject({ content: { text: 'n4' } })
      expect(messages.more).toBe(false)
      expect(messages.count()).toBe(20 + second.length)
      expect(first[0]?.from).toBe(group.members.getMember(bob.id))
      expect(first[0]?.to).toBe(group)
    })
  })

  describe('y2wIM', () => {
    let client: IMClient
    const received: IMNotification[] = []
    const statuses: number[] = []

    const onDisconnected = function (returnCode: number | undefined) {
switch (returnCode) {
case y2wIM.connectionReturnCode.uidIsInvalid://用户id无效
console.error('disconnected: uid is invalid');
break;
case y2wIM.connectionReturnCode.tokenIsInvalid://imToken无效
console.error('disconnected: token is invalid');
break;
case y2wIM.connectionReturnCode.tokenHasExpired://imToken过期
console.error('disconnected: token has expired');
break;
case y2wIM.connectionReturnCode.kicked://被踢出,同类型设备重复登录时,之前的设备收到被踢出信息
console.warn('disconnected: another divice has connected');
break;
}
};
    const onConnectionStatusChanged = function (status: number, msg?: number) {
statuses.push(status)
switch (status) {
case y2wIM.connectionStatus.connecting://连接中
console.log('connecting');
break;
case y2wIM.connectionStatus.connected://已连接
console.log('connected');
break;
case y2wIM.connectionStatus.reconnecting://重连中,msg为重连次数
console.log('reconnecting(' + msg + ')');
break;
case y2wIM.connectionStatus.networkDisconnected://网络断开
console.warn('unable to connect to the network');
break;
case y2wIM.connectionStatus.disconnected://连接断开,msg为连接返回码
onDisconnected(msg);//调用断开连接方法
break;
default:
break;
}
};
    const onMessage = (obj: IMNotification) => void received.push(obj)

    const onSendMessage = {
onSuccess: function () {
console.log('send success');//推送成功
},
onFailure: function (returnCode: number) {//推送失败
switch (returnCode) {
case y2wIM.sendReturnCode.sessionIsInvalid://会话无效
console.error('send error: session is invalid');
break;
case y2wIM.sendReturnCode.sessionIdIsInvalid://会话id无效
console.error('send error: session.id is invalid');
break;
case y2wIM.sendReturnCode.sessionMTSIsInvalid://会话成员时间戳无效
console.error('send error: session.mts is invalid');
break;
case y2wIM.sendReturnCode.cmdIsInvalid://推送命令无效
console.error('send error: cmd is invalid');
break;
case y2wIM.sendReturnCode.invalidFormatOfJSONContent://推送内容是无效的JSON格式
console.error('send error: send content\'s format is not a valid json');
break;
case y2wIM.sendReturnCode.sessionMembersIsNull://会话成员不存在
console.error('send error: session.members is not null');
break;
case y2wIM.sendReturnCode.sessionOnServerIsNotExist://推送服务器不存在此会话,客户端需要更新会话成员到推送服务器
console.error('send error: session on server is not exist');
break;
case y2wIM.sendReturnCode.sessionMTSOnClientHasExpired://客户端会话成员时间戳过期,客户端需要同步会话及会话成员
console.error('send error: session mts on client has expired');
break;
case y2wIM.sendReturnCode.sessionMTSOnServerHasExpired://推送服务器会话成员时间戳过期,客户端需要更新会话成员到推送服务器
console.error('send error: session mts on server has expired');
break;
}
}
}
    const onUpdateSession = {
onSuccess: function () {//更新会话成功
console.log('update session success');
},
onFailure: function (returnCode: number) {//更新会话失败
switch (returnCode) {
case y2wIM.sendReturnCode.sessionIsInvalid://会话无效
console.error('update session error: session is invalid');
break;
case y2wIM.sendReturnCode.sessionIdIsInvalid://会话id无效
console.error('update session error: session.id is invalid');
break;
case y2wIM.sendReturnCode.sessionMTSIsInvalid://会话成员时间戳无效
console.error('update session error: session.mts is invalid');
break;
case y2wIM.sendReturnCode.cmdIsInvalid://推送命令无效
console.error('update session error: cmd is invalid');
break;
case y2wIM.sendReturnCode.invalidFormatOfJSONContent://推送内容是无效的JSON格式
console.error('send error: send content\'s format is not a valid json');
break;
case y2wIM.sendReturnCode.sessionMTSOnClientHasExpired://客户端会话成员时间戳过期
console.error('update session error: session mts on client has expired');
break;
}
}
}
    const saidLog = async (text: string) => {
      await eventually(() => logged.includes(text))
      logged.splice(0)
    }
    afterAll(() => client?.disconnect())

    test('连接, 连接状态, 连接状态变更', async () => {
      const user = me
var opts = {
appKey: user.appKey,
token: user.imToken as string,//用于连接y2wIM消息推送服务器的token,
uid: user.id.toString(),//用户id
onConnectionStatusChanged: onConnectionStatusChanged,//连接状态变更回调方法
onMessage: onMessage//接收消息回调方法
};
client = y2wIM.connect(opts);
      await saidLog('connected')
      expect(statuses).toEqual([y2wIM.connectionStatus.connecting, y2wIM.connectionStatus.connected])
      expect(y2wIM.connectionStatus).toEqual({
connecting: 0,//连接中
connected: 1,//已连接
reconnecting: 2,//重连中
networkDisconnected: 3,//网络断开
disconnected: 100//连接断开
})
      await bob.send(session.id, 'heard')
      await eventually(() => received.length > 0)
      expect(received[0]).toMatchObject({ cmd: 'sendMessage', message: { syncs: [{ type: 0 }, { type: 1, sessionId: `p2p_${session.id}` }] } })
    })

    test('连接返回码, 断开连接', async () => {
      expect(y2wIM.connectionReturnCode).toEqual({
unacceptableProtocolVersion: 3,//协议错误
uidIsInvalid: 4,//用户id无效
tokenIsInvalid: 5,//imToken无效
tokenHasExpired: 6,//imToken过期
appKeyIsInvalid: 7,//appKey无效
kicked: 10,//被踢出,同类型设备重复登录时,之前的设备收到被踢出信息
serverUnavailable: 99,//服务器不可达
serverInternalError: 100//服务器内部错误
})
      const opts = { appKey: me.appKey, token: 'no token', uid: me.id, onConnectionStatusChanged }
      y2wIM.connect(opts)
      await saidLog('disconnected: token is invalid')
      y2wIM.connect({ ...opts, uid: 'alice' })
      await saidLog('disconnected: uid is invalid')
    })

    test('推送消息', async () => {
      const device = await bob.connect(env.mqttUrl)
      const imSession = { id: session.type + '_' + session.id, mts: session.members.createdAt }
      const message = { syncs: [{ type: 'whiteboard' }] }
client.sendMessage(imSession, message, onSendMessage);
      await saidLog('send success')
      expect((await device.waitFor((frame) => frame.message?.syncs?.[0]?.type === 'whiteboard')).message).toEqual(message)
      await device.close()
    })

    test('sendReturnCode, onSendMessage', async () => {
      expect(y2wIM.sendReturnCode).toEqual({
success: 20,//推送成功
timeout: 21,//推送超时
cmdIsInvalid: 22,//推送命令无效
sessionIsInvalid: 23,//会话无效
sessionIdIsInvalid: 24,//会话id无效
sessionMTSIsInvalid: 25,//会话成员时间戳无效
sessionOnServerIsNotExist: 26,//推送服务器不存在此会话
sessionMTSOnClientHasExpired: 27,//客户端会话成员时间戳过期
sessionMTSOnServerHasExpired: 28,//推送服务器会话成员时间戳过期
sessionMembersIsInvalid: 29,//推送服务器会话成员无效
invalidFormatOfJSONContent: 30,//推送内容是无效的JSON格式
sessionMembersIsNull: 31//会话成员不存在
})
      const good = { id: `p2p_${session.id}`, mts: session.members.createdAt }
      const message = { syncs: [] }
      const circular: Record<string, unknown> = {}
      circular.itself = circular
      const refusals: [IMSession, object, string][] = [
        [undefined as unknown as IMSession, message, 'send error: session is invalid'],
        [{ ...good, id: '' }, message, 'send error: session.id is invalid'],
        [{ ...good, id: 'p2p_#' }, message, 'send error: session.id is invalid'],
        [{ ...good, mts: 0 }, message, 'send error: session.mts is invalid'],
        [good, circular, "send error: send content's format is not a valid json"],
        [{ ...good, mts: good.mts - 1 }, message, 'send error: session mts on client has expired'],
        [{ ...good, mts: good.mts + 60_000 }, message, 'send error: session mts on server has expired'],
      ]
      for (const [imSession, message, text] of refusals) {
client.sendMessage(imSession, message, onSendMessage);
        expect(logged).toEqual([])
        await saidLog(text)
      }
    })

    test('更新会话', async () => {
      const device = await bob.connect(env.mqttUrl)
      const imSession = {
        id: session.type + '_' + session.id,
        mts: session.members.createdAt,
        members: [{ uid: me.id, isDel: false }, { uid: bob.id, isDel: false }],
      }
      const message = { syncs: [{ type: 'again' }] }
client.updateSession(imSession, message, onUpdateSession);
      await saidLog('update session success')
      await device.waitFor((frame) => frame.message?.syncs?.[0]?.type === 'again')
      await device.close()
      const returned = await new Promise((resolve) => {
        client.updateSession({ ...imSession, members: 7 as never }, message, { onFailure: (code, _session, message) => resolve([code, message]) })
      })
      expect(returned).toEqual([y2wIM.sendReturnCode.sessionMembersIsInvalid, message])
    })
  })

  describe('y2wIMBridge', () => {
    let y2wIMBridge: Y2wIMBridge

    test('在初始化时自动连接推送服务器', async () => {
      y2wIMBridge = new page.y2wIMBridge(me)
      expect(me.y2wIMBridge).toBe(y2wIMBridge)
      const statuses: number[] = []
      y2wIMBridge.onConnectionStatusChanged = (status) => void statuses.push(status)
      await eventually(() => statuses.includes(1))
      expect(y2wIMBridge.sendTypes).toEqual({
text: 0,//文字
file: 1//文件
})
      expect(y2wIMBridge.syncTypes).toEqual({
userConversation: 0,//同步用户会话
message: 1,//同步消息
contact: 2,//同步联系人
userSession: 3//同步群组
})
    })

    test('发送文字消息', async () => {
      const device = await bob.connect(env.mqttUrl)
      const order: string[] = []
      let shown: Message | undefined
      const targetId = bob.id, scene = 'p2p', text = '早上好'
      await new Promise<void>((resolve, reject) => {
        const options = {
          showMsg: (message: Message) => {
            order.push(`shown ${message.status}`)
            shown = message
          },
          storeMsgFailed: reject,
          storeMsgDone: () => {
            order.push(`done ${shown?.status}`)
            resolve()
          },
        }
y2wIMBridge.sendTextMessage(targetId, scene, text, options)
        expect(order).toEqual([])
      })
      expect(order).toEqual(['shown storing', 'done stored'])
      expect((await bob.pullMessages(session.id)).entries.at(-1)).toMatchObject({ id: shown?.id, content: '{"text":"早上好"}' })
      await device.nudge(`p2p_${session.id}`)
      await device.close()
    })

    test('发送文件消息', async () => {
      const targetId = group.id, scene = 'group'
      const input = { files: [new File(['%PDF'], '报告.pdf', { type: 'application/pdf' })] }
      const file = input.files[0] as File
      const sent = await new Promise<Message>((resolve, reject) => {
        const options = {
          showMsg: (message: Message) => expect(message).toMatchObject({ status: 'storing', content: { name: '报告.pdf' } }),
          storeMsgFailed: (_id: unknown, err: unknown) => reject(err),
          storeMsgDone: (_id: string, _scene: string, _targetId: string, message: Message) => resolve(message),
        }
y2wIMBridge.sendFileMessage(targetId, scene, file, options)
      })
      expect(sent).toMatchObject({ type: 'file', content: { name: '报告.pdf', size: 4, src: expect.stringMatching(/^attachments\/.+\/content$/) } })
      const response = await fetch(`${env.url}/v1/${sent.content.src}`, { headers: { Authorization: `Bearer ${bob.token}` } })
      expect(await response.text()).toBe('%PDF')
    })

    test('消息发送处理方法handleSendMessage, as the document has it', async () => {
      const handled: unknown[] = []
y2wIMBridge.handleSendMessage = function(){
var that = this;
if(this.sendList.length > 0){//发送集合存在数据
var sendObj = this.sendList[0]!;
handled.push(sendObj.text)
switch (sendObj.type){
case this.sendTypes.text://处理文字消息
this.handleSendTextMessage(sendObj, function(){
if(that.sendList.length > 0)
that.handleSendMessage();
})
break;
case this.sendTypes.file://处理文件消息
this.handleSendFileMessage(sendObj, function(){
if(that.sendList.length > 0)
that.handleSendMessage();
})
break;
default :
break;
}
}
}
      const texts = ['1', '2', '3', '4', '5']
      const done: string[] = []
      for (const text of texts) {
        y2wIMBridge.sendTextMessage(bob.id, 'p2p', text, { storeMsgDone: (_id, _scene, _target, message) => done.push(message.content.text) })
      }
      expect(y2wIMBridge.sendList).toHaveLength(5)
      await eventually(() => done.length === 5)
      expect([handled, done]).toEqual([texts, texts])
      const { entries } = await bob.pullMessages(session.id)
      expect(entries.slice(-5).map(({ content }) => JSON.parse(content).text)).toEqual(texts)
      expect(y2wIMBridge.sendList).toEqual([])
    })

    test('接收消息处理: the open session has what is sent to it', async () => {
      me.currentSession = session
      await bob.send(session.id, 'to the open one')
      await eventually(() => session.messages.getMessages().at(-1)?.content.text === 'to the open one')
      await eventually(() => (session.getConversation()?.lastMessage?.content as { text: string }).text === 'to the open one')
    })

    test('同步处理方法handleMessage, as the document has it', async () => {
      await eventually(() => y2wIMBridge.syncList.length === 0)
      const handled: unknown[] = []
y2wIMBridge.handleMessage = function(){
var that = this;
if(this.syncList.length > 0){//同步集合存在数据
var syncObj = this.syncList[0]!;
handled.push(syncObj.type)
switch (syncObj.type){
case this.syncTypes.contact://同步联系人
this.handleSync_Contact(syncObj, function(){
if(that.syncList.length > 0)
that.handleMessage();
})
break;
case this.syncTypes.userConversation://同步用户会话
this.handleSync_UserConversation(syncObj, function(){
if(that.syncList.length > 0)
that.handleMessage();
})
break;
case this.syncTypes.message://同步消息
this.handleSync_Message(syncObj, function(){
if(that.syncList.length > 0)
that.handleMessage();
})
break;
default :
break;
}
}
}
      await bob.send(session.id, 'once more')
      await eventually(() => session.messages.getMessages().at(-1)?.content.text === 'once more')
      expect(new Set(handled)).toEqual(new Set([0, 1]))
      // The document's method leaves out favourites; they are pulled all the same.
      await me_favours()
      await eventually(() => me.userSessions.getUserSessions().length === 1)
      await eventually(() => y2wIMBridge.syncList.length === 0)
    })

    const me_favours = () => result((cb) => me.userSessions.remote.add(group.id, group.name, ' ', cb))
  })
})
