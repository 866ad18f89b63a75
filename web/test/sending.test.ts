import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { describeInBrowser, until } from '../../sdk/test/helpers/browser.js'
import { administratorOf } from '../../test/helpers/admin.js'
import type { RunningProcess } from '../../test/helpers/child.js'
import { TEST_PROCESS_ENV } from '../../test/helpers/test-app.js'
import { button, fieldOf, filmOf, pick, pictureOf, recordingOf, said, untilLoaded } from './helpers/files.js'
import { createAccount, expectAccessible, goTo, logIn, meet, openApp, startWeb } from './helpers/people.js'

describeInBrowser('what people send each other', (browser) => {
  let server: RunningProcess
  let png: Buffer

  beforeAll(async () => {
    server = await startWeb(TEST_PROCESS_ENV)
    png = await pictureOf('#d9480f')
    await mkdir(join(server.dataDir, 'emoji'), { recursive: true })
    await writeFile(join(server.dataDir, 'emoji', 'bravo.png'), png)
    const administrator = await administratorOf(server.url)
    await administrator.must('POST', 'emojis', { json: { name: 'bravo', url: '/Emoji/bravo.png' } })
  })

  /** Two friends, each with the chat with the other one open. */
  const chatting = async (...names: [string, string]) => {
    const met = await meet(browser, server.url, names)
    for (const { page } of [met.alice, met.bob]) await goTo(page, `/chats/${met.sessionId}`)
    await Promise.all([met.alice, met.bob].map(({ page }) => fieldOf(page).waitFor()))
    return met
  }

  test('words, with links and emojis', async () => {
    const { alice, bob } = await chatting('Alice', 'Bob')
    const field = fieldOf(alice.page)
    // Where there is a keyboard, one can write at once.
    await until(() => field.evaluate((element) => element === document.activeElement))

    await alice.page.keyboard.type('see https://example.com/a_(b). [smile] [bravo]')
    await alice.page.keyboard.press('Shift+Enter')
    await alice.page.keyboard.type('and mail me@example.com')
    expect(await field.inputValue()).toContain('\n')
    await alice.page.keyboard.press('Enter')
    expect(await field.inputValue()).toBe('')
    await field.fill('   ')
    expect(await button(alice.page, 'Send').isDisabled()).toBe(true)

    for (const { page } of [alice, bob]) {
      const link = said(page).getByRole('link', { name: 'https://example.com/a_(b)', exact: true })
      await link.waitFor()
      expect(await link.getAttribute('rel')).toBe('noopener noreferrer nofollow')
      expect(await link.getAttribute('target')).toBe('_blank')
      await said(page).getByRole('link', { name: 'me@example.com' }).waitFor()
      await said(page).getByRole('img', { name: '[smile]' }).getByText('🙂').waitFor()
      await untilLoaded(said(page).getByRole('img', { name: '[bravo]' }))
    }

    // What the keyboard of a Chinese user does while a word is being put together.
    await field.fill('你好')
    await field.dispatchEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true })
    expect(await field.inputValue()).toBe('你好')
    await button(alice.page, 'Send').click()
    await said(bob.page).getByText('你好', { exact: true }).waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await alice.page.emulateMedia({ colorScheme })
      await expectAccessible(alice.page)
    }
    expect([...alice.errors, ...bob.errors]).toEqual([])
  })

  test('what was begun is there again', async () => {
    const { alice, sessionId } = await chatting('Anna', 'Ben')
    const { page } = alice
    await fieldOf(page).fill('I was about to say')
    await pick(page, { name: 'proof.txt', mimeType: 'text/plain', buffer: Buffer.from('proof') })
    await goTo(page, '/contacts')
    await fieldOf(page).waitFor({ state: 'detached' })
    // A file that is dropped where nobody takes it does not make the browser leave the app.
    expect(await handOver(page, 'dragover', png, 'lost.png', 'image/png')).toBe(true)
    expect(await handOver(page, 'drop', png, 'lost.png', 'image/png')).toBe(true)
    await goTo(page, `/chats/${sessionId}`)
    expect(await fieldOf(page).inputValue()).toBe('I was about to say')
    await button(page, 'Remove proof.txt').click()
    await page.getByPlaceholder('Message Ben').waitFor()
    await page.reload()
    expect(await fieldOf(page).inputValue()).toBe('I was about to say')
    await fieldOf(page).press('Enter')
    await page.getByRole('article').getByText('I was about to say').waitFor()
    await page.reload()
    await page.getByRole('article').getByText('I was about to say').waitFor()
    expect(await fieldOf(page).inputValue()).toBe('')
    expect(alice.errors).toEqual([])
  })

  test('words that wait for a file are there again where the page does not live to send them', async () => {
    const { alice, bob, sessionId } = await chatting('Ada', 'Bo')
    const { page } = alice
    const field = fieldOf(page)
    // It takes its time to look at a file.
    await page.evaluate(() => {
      Blob.prototype.arrayBuffer = () => new Promise(() => {})
    })
    await pick(page, { name: 'proof.txt', mimeType: 'text/plain', buffer: Buffer.from('proof') })
    await field.fill('here is the proof')
    await field.press('Enter')
    expect(await field.inputValue()).toBe('')
    await page.keyboard.type('and more')
    await goTo(page, '/chats')
    // What is on its way is no draft.
    await page.getByRole('link', { name: /^Bo.*Draft/ }).waitFor()
    expect(await page.getByRole('link', { name: /^Bo.*here is the proof/ }).count()).toBe(0)
    await page.reload()
    await page.getByRole('link', { name: /^Bo.*here is the proof and more/ }).click()
    expect(await field.inputValue()).toBe('here is the proof\nand more')
    await field.press('Enter')
    await said(bob.page).getByText('here is the proof').waitFor()
    await goTo(page, '/contacts')
    await goTo(page, `/chats/${sessionId}`)
    expect(await field.inputValue()).toBe('')
    await page.reload()
    expect(await field.inputValue()).toBe('')
    expect(alice.errors).toEqual([])
  })

  test('emojis, found with the keyboard alone', async () => {
    const { alice, bob } = await chatting('Amy', 'Bill')
    const { page } = alice
    await fieldOf(page).fill('ready?')
    await button(page, 'Emoji').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('searchbox', { name: 'Search emoji' }).waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await expectAccessible(page)
    }
    await page.keyboard.type('rocket')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('searchbox', { name: 'Search emoji' }).fill('')
    await page.getByRole('tab', { name: 'Nature' }).click()
    await page.keyboard.press('Tab')
    // From the dog, one to the right and one down to the next line, and back up.
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    await until(() => button(page, 'cat').evaluate((element) => element === document.activeElement))
    await page.keyboard.press('Enter')
    await page.getByRole('tab', { name: 'App' }).click()
    await button(page, 'bravo').click()
    await page.keyboard.press('Escape')
    await page.getByRole('searchbox', { name: 'Search emoji' }).waitFor({ state: 'detached' })
    // The cursor is behind what was put in.
    await page.keyboard.type('!')
    expect(await fieldOf(page).inputValue()).toBe('ready?🚀🐱[bravo]!')
    await page.keyboard.press('Enter')
    await said(bob.page).getByText('ready?🚀🐱').waitFor()
    await untilLoaded(said(bob.page).getByRole('img', { name: '[bravo]' }))

    // Next time those come first.
    await button(page, 'Emoji').click()
    await page.getByRole('group', { name: 'Recently used' }).waitFor()
    expect(await page.getByRole('group', { name: 'Recently used' }).getByRole('button').count()).toBe(3)
    expect([...alice.errors, ...bob.errors]).toEqual([])
  })

  test('pictures: picked, pasted and dropped', async () => {
    const { alice, bob } = await chatting('Ada', 'Boris')
    const { page } = alice
    let letGo = () => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    await page.route('**/v1/attachments', async (route) => {
      await held
      await route.continue()
    })

    await pick(page, { name: 'sunset.png', mimeType: 'image/png', buffer: png })
    await pick(page, { name: 'mistake.png', mimeType: 'image/png', buffer: png })
    await pick(page, { name: 'nothing.png', mimeType: 'image/png', buffer: Buffer.alloc(0) })
    await page.getByText('“nothing.png” is empty').waitFor()
    await button(page, 'Remove mistake.png').click()
    expect(await page.getByRole('list', { name: 'Files to send' }).getByRole('listitem').count()).toBe(1)
    await fieldOf(page).fill('look')
    await page.keyboard.press('Enter')
    await page.getByRole('progressbar', { name: 'Uploading' }).waitFor()
    // One that is taken back, and never arrives.
    await pick(page, { name: 'secret.png', mimeType: 'image/png', buffer: png })
    await button(page, 'Send').click()
    await button(page, 'Cancel upload').nth(1).click()
    await until(async () => (await button(page, 'Cancel upload').count()) === 1)
    letGo()
    for (const { page } of [alice, bob]) {
      await said(page).getByText('look', { exact: true }).waitFor()
      const picture = button(page, 'Open picture')
      await untilLoaded(picture.getByRole('img'))
      // Of 640 x 400 pixels, in its own proportions.
      const { width, height } = (await picture.boundingBox()) ?? { width: 0, height: 0 }
      expect([Math.round(width), Math.round(height)]).toEqual([320, 200])
      // The sender's own is shown until this one is there.
      await picture.locator('img[src*="thumbnail=1"]').waitFor()
    }

    await handOver(page, 'paste', await pictureOf('#2b8a3e'), 'image.png', 'image/png')
    await button(page, 'Send').click()
    await handOver(page, 'dragover', png, 'drop.png', 'image/png')
    await page.getByText('Drop files to send').waitFor()
    await handOver(page, 'drop', await pictureOf('#1864ab'), 'drop.png', 'image/png')
    await page.getByText('Drop files to send').waitFor({ state: 'detached' })
    await button(page, 'Send').click()
    await until(async () => (await button(bob.page, 'Open picture').count()) === 3)

    const second = button(bob.page, 'Open picture').nth(1)
    await second.click()
    const viewer = bob.page.getByRole('dialog', { name: 'Picture viewer' })
    await viewer.getByText('2 of 3').waitFor()
    await untilLoaded(viewer.getByRole('img', { name: 'Picture' }))
    await bob.page.keyboard.press('ArrowRight')
    await viewer.getByText('3 of 3').waitFor()
    await button(bob.page, 'Zoom in').click()
    await bob.page.keyboard.press('ArrowLeft')
    await bob.page.keyboard.press('ArrowLeft')
    await viewer.getByText('1 of 3').waitFor()
    await untilLoaded(viewer.getByRole('img', { name: 'Picture' }))
    await expectAccessible(bob.page)
    const download = bob.page.waitForEvent('download')
    await button(bob.page, 'Download').click()
    expect(await readFile(await (await download).path())).toEqual(png)
    await bob.page.keyboard.press('Escape')
    await viewer.waitFor({ state: 'detached' })
    expect(await second.evaluate((element) => element === document.activeElement)).toBe(true)
    for (const colorScheme of ['light', 'dark'] as const) {
      await bob.page.emulateMedia({ colorScheme })
      await expectAccessible(bob.page)
    }
    expect([...alice.errors, ...bob.errors]).toEqual([])

    // What failed is tried anew as soon as there is a connection.
    await bob.context.route('**/attachments/**', (route) => route.abort())
    await bob.page.reload()
    await said(bob.page).getByText('This picture cannot be shown').nth(2).waitFor()
    await bob.context.unroute('**/attachments/**')
    await bob.context.setOffline(true)
    await bob.page.getByRole('status').getByText('No network').waitFor()
    await bob.context.setOffline(false)
    for (const at of [0, 1, 2]) {
      await untilLoaded(button(bob.page, 'Open picture').nth(at).getByRole('img', { name: 'Picture' }))
    }
  })

  test('files, recordings and films', async () => {
    const { alice, bob, asAlice, sessionId } = await chatting('Aida', 'Bert')
    const { page } = alice
    const notes = Buffer.from('some notes, 几句话\n')
    await pick(
      page,
      { name: 'notes.txt', mimeType: 'text/plain', buffer: notes },
      { name: 'song.wav', mimeType: 'audio/wav', buffer: recordingOf(3) },
      // No picture at all, so it goes as a file.
      { name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('no picture') },
    )
    await button(page, 'Send').click()
    for (const { page } of [alice, bob]) {
      await page.getByRole('button', { name: 'Download broken.png' }).waitFor()
      await said(page).getByText(`${notes.length} B`).waitFor()
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Download notes.txt' }).click()
      const file = await download
      expect(file.suggestedFilename()).toBe('notes.txt')
      expect(await readFile(await file.path())).toEqual(notes)
      // Links are copied and passed on, and the token with them.
      expect(await page.locator('a[href*=access_token]').count()).toBe(0)

      const player = page.getByRole('group', { name: 'song.wav' })
      await player.getByText('song.wav', { exact: true }).waitFor()
      const song = page.waitForEvent('download')
      await player.getByRole('button', { name: 'Download song.wav' }).click()
      expect((await song).suggestedFilename()).toBe('song.wav')
      await player.getByText('0:03').waitFor()
      await button(page, 'Play').click()
      await until(() => page.locator('audio').evaluate((audio: HTMLAudioElement) => audio.currentTime > 0))
      await button(page, 'Pause').click()
      await player.getByRole('slider', { name: 'Position' }).fill('2')
      await player.getByText('0:02').waitFor()
    }

    await pick(page, { name: 'film.webm', mimeType: 'video/webm', buffer: await filmOf(page) })
    await button(page, 'Send').click()
    const film = said(bob.page).locator('video')
    await film.waitFor()
    await until(() => film.evaluate((video: HTMLVideoElement) => video.readyState >= 1))
    // What receivers want to know before it is there.
    const { entries } = await asAlice.pullMessages(sessionId)
    const contentOf = (kind: string) => JSON.parse(entries.find(({ type }) => type === kind)?.content ?? '{}')
    expect(contentOf('audio')).toMatchObject({ name: 'song.wav', second: 3 })
    expect(contentOf('video')).toMatchObject({ name: 'film.webm', width: 480, height: 270 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await expectAccessible(page)
    }
    expect([...alice.errors, ...bob.errors]).toEqual([])
  })

  test('whatever others claim to have sent, nothing breaks', async () => {
    const { alice, bob, asBob, sessionId } = await chatting('Alma', 'Bruno')
    const kinds = ['image', 'file', 'video', 'audio', 'location', 'task', 'av', 'poll']
    const contents = ['null', '7', '{}', 'no json', '{"src":5,"width":"a","text":{}}', '{"src":"  "}', '[]']
    const post = (type: string, content: string) =>
      asBob.must('POST', `sessions/${sessionId}/messages`, { json: { type, content } })
    await Promise.all(kinds.flatMap((type) => contents.map((content) => post(type, content))))
    await fieldOf(bob.page).fill('still here')
    await bob.page.keyboard.press('Enter')
    await said(alice.page).getByText('still here', { exact: true }).waitFor()
    await said(alice.page).getByText('This type of message cannot be shown here.').first().waitFor()
    await expectAccessible(alice.page)
    expect([...alice.errors, ...bob.errors]).toEqual([])
  })

  test('a part of the app that cannot be loaded says so, and leaves the rest', async () => {
    const { account } = await createAccount(server.url, 'Una')
    // Pages get it from the service worker otherwise.
    const { page } = await openApp(browser, server.url, { path: '?debug', serviceWorkers: 'block' })
    await page.route('**/assets/debug-panel*', (route) => route.abort())
    await logIn(page, account)
    await page.getByRole('alert').getByText('This could not be loaded or shown.').waitFor()
    await page.getByRole('link', { name: 'Contacts' }).click()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await expectAccessible(page)
    }
    await page.unroute('**/assets/debug-panel*')
    await button(page, 'Reload').click()
    await page.getByRole('alert').waitFor({ state: 'detached' })
    await page.getByRole('navigation', { name: 'Main' }).waitFor()
  })
})

/** Pastes a file, or drags it over the page in the middle or drops it there. Gives whether somebody took it. */
async function handOver(
  page: Page,
  type: string,
  bytes: Buffer,
  name: string,
  mime: string,
): Promise<boolean> {
  const file = { base64: bytes.toString('base64'), name, mime, type }
  return page.evaluate(({ base64, name, mime, type }) => {
    const data = new DataTransfer()
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
    data.items.add(new File([bytes], name, { type: mime }))
    const how = { bubbles: true, cancelable: true }
    const event =
      type === 'paste'
        ? new ClipboardEvent(type, { ...how, clipboardData: data })
        : new DragEvent(type, { ...how, dataTransfer: data })
    const target = type === 'paste' ? document.activeElement : document.querySelector('main')
    target?.dispatchEvent(event)
    return event.defaultPrevented
  }, file)
}
