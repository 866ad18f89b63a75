import { beforeAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { describeInBrowser, until } from '../../sdk/test/helpers/browser.js'
import type { RunningProcess } from '../../test/helpers/child.js'
import { keyMailedTo } from '../../test/helpers/mail-folder.js'
import {
  atApi,
  befriend,
  createAccount,
  enter,
  expectAccessible,
  goTo,
  logIn,
  openApp,
  PASSWORD,
  startWeb,
} from './helpers/people.js'

/** Red, 4 x 2 pixels. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAIAAADwyuo0AAAAEElEQVR4nGN4YGgIRwzIHACIYgoRvda/0QAAAABJRU5ErkJggg==',
  'base64',
)

describeInBrowser('the account', (browser) => {
  let server: RunningProcess
  /** Where a user has one browser at a time. */
  let strict: RunningProcess

  beforeAll(async () => {
    const started = await Promise.all([startWeb(), startWeb({ DEVICE_POLICY: 'kick' })])
    ;[server, strict] = started
  })

  test('is created, logged in to, kept over reloads, and logged out of in all windows', async () => {
    const { context, page } = await openApp(browser, server.url)
    await page.getByRole('button', { name: 'Create an account' }).click()
    await page.getByRole('button', { name: 'Create account' }).click()
    expect(await page.getByRole('alert').allTextContents()).toEqual([
      'Enter an e-mail address, without spaces or quotes.',
      'Enter your name.',
      'Use at least 8 characters.',
    ])
    await page.getByRole('textbox', { name: 'Account' }).fill('nora@example.com')
    await page.getByRole('textbox', { name: 'Name' }).fill('Nora')
    const password = page.getByRole('textbox', { name: 'Password' })
    await password.fill(PASSWORD)
    expect(await password.getAttribute('type')).toBe('password')
    await page.getByRole('button', { name: 'Show password' }).click()
    expect(await password.getAttribute('type')).toBe('text')
    await page.getByRole('button', { name: 'Create account' }).click()
    await appears(page)

    await page.reload()
    await appears(page)
    const second = await context.newPage()
    await second.goto(server.url)
    await appears(second)

    await goTo(page, '/settings')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor()
    await second.getByText('You logged out in another window').waitFor()
    expect(await second.getByLabel('Account').inputValue()).toBe('nora@example.com')

    await page.getByLabel('Account').fill('nora@example.com')
    await page.getByLabel('Password', { exact: true }).fill('something else')
    await page.getByRole('button', { name: 'Log in', exact: true }).click()
    await page.getByRole('alert').getByText('Wrong account or password.').waitFor()
    await logIn(page, 'nora@example.com')
    // The other window notices when somebody comes back to it.
    await second.evaluate(() => dispatchEvent(new Event('focus')))
    await appears(second)

    await page.goto(`${server.url}/#/settings`)
    await goTo(page, '/settings')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('button', { name: 'Create an account' }).click()
    await page.getByRole('textbox', { name: 'Account' }).fill('Nora@example.com')
    await page.getByRole('textbox', { name: 'Name' }).fill('Nora')
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('alert').getByText('An account with this address already exists').waitFor()

    // Created, but cut off before the login.
    await context.route('**/users/login', (route) => route.abort())
    await page.getByRole('textbox', { name: 'Account' }).fill('nora2@example.com')
    await page.getByRole('button', { name: 'Create account' }).click()
    const alert = page.getByRole('alert')
    await alert.getByText('Your account was created. Please log in. The server cannot be reached.').waitFor()
    expect(await page.getByLabel('Account').inputValue()).toBe('nora2@example.com')
    await context.unroute('**/users/login')
    await logIn(page, 'nora2@example.com')
    await appears(page)
  })

  test('shows a new name and picture to others', async () => {
    const [alice, bob] = await Promise.all([
      enter(browser, server.url, 'Alice', { path: '#/settings' }),
      enter(browser, server.url, 'Bob', { path: '#/contacts' }),
    ])
    await befriend(await atApi(server.url, bob), alice)
    await bob.page.getByText('Alice').first().waitFor()

    const profile = alice.page.getByRole('region', { name: 'Profile' })
    const save = profile.getByRole('button', { name: 'Save profile' })
    expect(await save.isDisabled()).toBe(true)
    await profile.getByLabel('Name').fill('  ')
    await profile.getByRole('alert').getByText('Enter your name.').waitFor()
    await profile.getByLabel('Name').fill('Alicia')
    await profile.getByLabel('Job title').fill('Gardener')
    await profile.getByText('Unsaved changes').waitFor()
    await save.click()
    await alice.page.getByText('Profile saved.').waitFor()
    expect(await save.isDisabled()).toBe(true)
    await profile
      .locator('input[type=file]')
      .setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: PICTURE })
    await profile.getByRole('button', { name: 'Change picture' }).waitFor()

    const face = bob.page.locator('img[src*="/attachments/"]').first()
    await face.waitFor()
    // Square, and no larger than it was.
    await until(() =>
      face.evaluate((img: HTMLImageElement) => img.naturalWidth === 2 && img.naturalHeight === 2),
    )

    await profile
      .locator('input[type=file]')
      .setInputFiles({ name: 'no.png', mimeType: 'image/png', buffer: Buffer.from('no') })
    await alice.page.getByText('Your browser cannot read this picture.').waitFor()
    await profile.getByRole('button', { name: 'Remove' }).click()
    await face.waitFor({ state: 'detached' })
    await alice.page.reload()
    expect(await profile.getByLabel('Name').inputValue()).toBe('Alicia')
    expect([...alice.errors, ...bob.errors]).toEqual([])
  })

  test('keeps what is typed into the profile until it is saved, undone or logged out', async () => {
    const { page, account } = await enter(browser, server.url, 'Hugo', { path: '#/settings' })
    const profile = page.getByRole('region', { name: 'Profile' })
    const name = profile.getByLabel('Name')
    const title = profile.getByLabel('Job title')
    const leaveAndComeBack = async () => {
      await goTo(page, '/chats')
      await profile.waitFor({ state: 'detached' })
      await goTo(page, '/settings')
    }
    await name.fill('Hugo the Great')
    await title.fill('King')
    await leaveAndComeBack()
    expect([await name.inputValue(), await title.inputValue()]).toEqual(['Hugo the Great', 'King'])
    await profile.getByText('Unsaved changes').waitFor()
    await profile.getByRole('button', { name: 'Discard' }).click()
    await leaveAndComeBack()
    expect([await name.inputValue(), await title.inputValue()]).toEqual(['Hugo', ''])

    await title.fill('Clerk')
    await profile.getByRole('button', { name: 'Save profile' }).click()
    await page.getByText('Profile saved.').waitFor()
    await leaveAndComeBack()
    expect(await title.inputValue()).toBe('Clerk')
    expect(await profile.getByText('Unsaved changes').count()).toBe(0)

    await title.fill('King')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Log out' }).click()
    await logIn(page, account)
    await goTo(page, '/settings')
    expect(await title.inputValue()).toBe('Clerk')
  })

  test('ends its logins elsewhere with a new password, and says so there', async () => {
    const carol = await enter(browser, server.url, 'Carol', { path: '#/settings' })
    const other = await openApp(browser, server.url)
    await logIn(other.page, carol.account)

    const section = carol.page.getByRole('region', { name: 'Password' })
    const change = async (old: string, fresh: string, again = fresh) => {
      await section.getByLabel('Current password').fill(old)
      await section.getByLabel('New password', { exact: true }).fill(fresh)
      await section.getByLabel('Repeat new password').fill(again)
      await section.getByRole('button', { name: 'Change password' }).click()
    }
    await change('what was it', 'battery staple')
    await section.getByRole('alert').getByText('That is not your current password.').waitFor()
    await change(PASSWORD, 'battery staple', 'battery stable')
    await section.getByRole('alert').getByText('The passwords do not match.').waitFor()
    await change(PASSWORD, 'battery staple')
    await carol.page.getByText('Your password was changed.').waitFor()

    await other.page.getByText('You have been logged out').waitFor()
    expect(await other.page.getByLabel('Account').inputValue()).toBe(carol.account)
    await logIn(other.page, carol.account, 'battery staple')
    // Where it was changed, one stays.
    await carol.page.reload()
    await section.waitFor()
  })

  test('is created from an invitation, and is in the group at once', async () => {
    const dan = await enter(browser, server.url, 'Dan')
    const asDan = await atApi(server.url, dan)
    const group = await asDan.group()
    await asDan.must('PUT', `sessions/${group.id}`, { json: { name: 'Gardening', nameChanged: true } })
    const email = 'erin+garden@example.com'
    await asDan.must('POST', `sessions/${group.id}/members/invite`, { json: { email } })
    const key = await keyMailedTo(server.dataDir, email)
    const path = `acceptInvite?${new URLSearchParams({ email, key })}`

    // Somebody else is logged in here.
    await dan.page.goto(`${server.url}/${path}`)
    await dan.page.getByText(`This invitation is for a new account with ${email}`).waitFor()
    await expectAccessible(dan.page)
    await dan.page.getByRole('button', { name: 'Continue as Dan' }).click()
    await appears(dan.page)
    expect(new URL(dan.page.url()).pathname).toBe('/')
    await dan.page.goto(`${server.url}/${path}`)
    await dan.page.getByRole('button', { name: 'Log out and accept' }).click()
    await dan.page.getByRole('dialog').getByRole('button', { name: 'Log out' }).click()
    await dan.page.getByText('You were invited to a group').waitFor()

    const { page, errors } = await openApp(browser, server.url, { path })
    await page.getByText('You were invited to a group').waitFor()
    expect(await page.getByRole('textbox', { name: 'Account' }).inputValue()).toBe(email)
    await expectAccessible(page)
    await page.getByRole('textbox', { name: 'Name' }).fill('Erin')
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Create account' }).click()
    await appears(page)
    await page.getByText('Gardening').first().waitFor()
    expect(new URL(page.url()).pathname).toBe('/')
    expect(errors).toEqual([])

    // It opens once.
    await dan.page.getByRole('textbox', { name: 'Name' }).fill('Not Erin')
    await dan.page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    await dan.page.getByRole('button', { name: 'Create account' }).click()
    await dan.page.getByRole('alert').getByText('An account with this address already exists').waitFor()
    const late = await openApp(browser, server.url, {
      path: 'acceptInvite?email=fay@example.com&key=nothing',
    })
    await late.page.getByRole('textbox', { name: 'Name' }).fill('Fay')
    await late.page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    await late.page.getByRole('button', { name: 'Create account' }).click()
    await late.page.getByText('This invitation is no longer valid').waitFor()
    await late.page.getByRole('button', { name: 'Continue without it' }).click()
    expect(await late.page.getByText('You were invited to a group').count()).toBe(0)
  })

  test('is in one place at a time where the app wants that, and the user says where', async () => {
    const gus = await enter(browser, strict.url, 'Gus')
    const other = await openApp(browser, strict.url)
    await logIn(other.page, gus.account)
    const dialog = (page: Page) => page.getByRole('dialog', { name: 'You are using Nudge on another device' })
    await dialog(gus.page).waitFor()
    await expectAccessible(gus.page)

    const here = dialog(gus.page).getByRole('button', { name: 'Use here' })
    // A try right after the kick may be taken for a device that has not heard of it, and kicked again.
    await until(async () => {
      if (await here.isVisible()) await here.click({ timeout: 1000 }).catch(() => {})
      return gus.page.getByRole('status').getByText('Live').isVisible()
    })
    await dialog(other.page).getByRole('button', { name: 'Log out' }).click()
    await other.page
      .getByRole('dialog', { name: 'Log out?' })
      .getByRole('button', { name: 'Log out' })
      .click()
    await other.page.getByRole('heading', { name: 'Welcome back' }).waitFor()
    expect([...gus.errors, ...other.errors]).toEqual([])
  })

  test.each(['light', 'dark'] as const)(
    'can be used by everybody, in Chinese and English (%s)',
    async (scheme) => {
      const { account } = await createAccount(server.url, `Hana ${scheme}`)
      const { page, errors } = await openApp(browser, server.url, { colorScheme: scheme, path: '#/settings' })
      await page.getByLabel('Account').waitFor()
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Create an account' }).click()
      await page.getByRole('button', { name: 'Create account' }).click()
      await page.getByText('Enter your name.').waitFor()
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Log in', exact: true }).click()

      await page.getByRole('button', { name: 'Language: English' }).click()
      await page.getByRole('menuitem', { name: '中文' }).click()
      await page.getByRole('heading', { name: '欢迎回来' }).waitFor()
      expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-CN')
      await page.getByLabel('账号').fill(account)
      await page.getByLabel('密码', { exact: true }).fill(PASSWORD)
      await page.getByRole('button', { name: '登录', exact: true }).click()
      await page.getByRole('heading', { name: '个人资料' }).waitFor()
      await expectAccessible(page)
      await page.getByRole('radiogroup', { name: '语言' }).getByText('English').click()
      await page.getByRole('heading', { name: 'Profile' }).waitFor()

      const other = scheme === 'light' ? 'Dark' : 'Light'
      await page.getByRole('radiogroup', { name: 'Theme' }).getByText(other).click()
      await page.reload()
      await page.getByRole('heading', { name: 'Profile' }).waitFor()
      const shown = await page.evaluate(() => document.documentElement.dataset.mantineColorScheme)
      expect(shown).toBe(other.toLowerCase())
      await page.setViewportSize({ width: 390, height: 844 })
      await expectAccessible(page)
      expect(errors).toEqual([])
    },
  )
})

/** The app of somebody who is logged in. */
async function appears(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).waitFor()
}
