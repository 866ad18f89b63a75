import { beforeAll, expect, test } from '@jest/globals'
import type { Locator, Request } from 'playwright-core'
import { describeInBrowser, until } from '../../sdk/test/helpers/browser.js'
import type { AttachmentObject } from '../../shared/wire/attachments.js'
import type { RunningProcess } from '../../test/helpers/child.js'
import type { Person as Api } from '../../test/helpers/person.js'
import { TEST_PROCESS_ENV } from '../../test/helpers/test-app.js'
import { button, fieldOf, pick, pictureOf, recordingOf, said, untilLoaded } from './helpers/files.js'
import { enter, expectAccessible, goTo, hold, meet, startWeb } from './helpers/people.js'

describeInBrowser('pictures, films and recordings', (browser) => {
  let server: RunningProcess
  let png: Buffer

  beforeAll(async () => {
    server = await startWeb(TEST_PROCESS_ENV)
    png = await pictureOf('#d9480f')
  })

  /** Two friends; the first has the chat with the other one open. */
  const chatting = async (...names: [string, string]) => {
    const met = await meet(browser, server.url, names)
    const { alice, asBob, sessionId } = met
    await goTo(alice.page, `/chats/${sessionId}`)
    await fieldOf(alice.page).waitFor()
    const post = (type: string, content: object) =>
      asBob.must('POST', `sessions/${sessionId}/messages`, {
        json: { type, content: JSON.stringify(content) },
      })
    return { ...met, post }
  }

  test('a picture is seen all the time while it is sent', async () => {
    const { alice } = await chatting('Alice', 'Bob')
    const { page } = alice
    const letUpload = await hold(page, '**/v1/attachments')
    const letLoad = await hold(page, '**/attachments/*/content?*')
    await pick(page, { name: 'sunset.png', mimeType: 'image/png', buffer: png })
    await button(page, 'Send').click()
    const picture = said(page).getByRole('img', { name: 'Picture' })
    await untilLoaded(picture)
    await page.evaluate(watchPicture)

    letUpload()
    await said(page).getByRole('img', { name: 'Sent' }).waitFor()
    // As long as the server's has not come, it is the one that was picked.
    expect(await picture.getAttribute('src')).toContain('blob:')
    letLoad()
    await until(async () => (await picture.getAttribute('src'))?.includes('thumbnail=1') ?? false)
    await untilLoaded(picture)
    expect(await page.evaluate(gapsSeen)).toEqual([])
    expect(alice.errors).toEqual([])
  })

  test('what is kept elsewhere is loaded when somebody asks for it', async () => {
    const { alice, asBob, post } = await chatting('Anna', 'Boris')
    const { page } = alice
    const asked: Request[] = []
    await page.route('https://*.example.com/**', async (route) => {
      asked.push(route.request())
      await route.fulfill({ contentType: 'image/png', body: png })
    })
    const elsewhere = (name: string) => `https://spy.example.com/${name}`
    const size = { width: 640, height: 400 }
    await post('image', { src: elsewhere('one.png'), thumbnail: elsewhere('small.png'), ...size })
    await post('image', { src: elsewhere('two.png'), thumbnail: '', width: 3, height: 3 })
    await post('video', { src: elsewhere('a.mp4'), thumbnail: elsewhere('a.png'), name: 'a.mp4', ...size })
    await post('audio', { src: elsewhere('a.mp3'), second: 3 })
    await post('location', { thumbnail: elsewhere('map.png'), latitude: 1, longitude: 2, ...size })
    const { id } = await upload(asBob, 'film.mp4', Buffer.from('no film'))
    const src = `attachments/${id}/content`
    await post('video', { src, thumbnail: elsewhere('still.png'), name: 'film.mp4', ...size })
    // By the whole address of our own server it is still ours.
    const own = await upload(asBob, 'own.png', png)
    await post('image', { src: `${server.url}/v1/attachments/${own.id}/${own.md5}`, thumbnail: '', ...size })
    await untilLoaded(said(page).getByRole('img', { name: 'Picture' }))
    await said(page).getByText('Video from spy.example.com').waitFor()
    await said(page).getByText('Recording from spy.example.com').waitFor()

    const show = page.getByRole('button', { name: 'Picture from spy.example.com Show' })
    expect(await show.count()).toBe(2)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await expectAccessible(page)
    }
    expect(asked.map((request) => request.url())).toEqual([])
    await show.first().press('Enter')
    const first = button(page, 'Open picture').first()
    await untilLoaded(first.getByRole('img', { name: 'Picture' }))
    expect(await first.evaluate((element) => element === document.activeElement)).toBe(true)
    expect(asked.map((request) => request.url())).toEqual([elsewhere('one.png')])
    expect(await asked[0]?.headerValue('referer')).toBeNull()

    // The way to the next one is no question for it.
    await first.click()
    const viewer = page.getByRole('dialog', { name: 'Picture viewer' })
    await untilLoaded(viewer.getByRole('img', { name: 'Picture' }))
    await page.keyboard.press('ArrowRight')
    await viewer.getByText('2 of 3').waitFor()
    await viewer.getByText('Picture from spy.example.com').waitFor()
    await expectAccessible(page)
    expect(new Set(asked.map((request) => request.url()))).toEqual(new Set([elsewhere('one.png')]))
    await viewer.getByRole('button', { name: 'Show' }).click()
    await untilLoaded(viewer.getByRole('img', { name: 'Picture' }))
    await page.keyboard.press('Escape')
    // What was asked for once is not asked about again.
    await untilLoaded(button(page, 'Open picture').nth(1).getByRole('img', { name: 'Picture' }))
    await goTo(page, '/contacts')
    await fieldOf(page).waitFor({ state: 'detached' })
    await page.goBack()
    await fieldOf(page).waitFor()
    await untilLoaded(button(page, 'Open picture').first().getByRole('img', { name: 'Picture' }))
    expect(await show.count()).toBe(0)
    expect(new Set(asked.map((request) => request.url()))).toEqual(
      new Set([elsewhere('one.png'), elsewhere('two.png')]),
    )
    expect(alice.errors).toEqual([])
  })

  test('faces may be anywhere, and their hosts are not told where they are shown', async () => {
    const { alice, asBob } = await chatting('Ada', 'Berta')
    await alice.page.route('https://faces.example.com/**', (route) =>
      route.fulfill({ contentType: 'image/png', body: png }),
    )
    await asBob.must('PUT', `users/${asBob.id}`, { json: { avatarUrl: 'https://faces.example.com/b.png' } })
    const face = alice.page.locator('img[src="https://faces.example.com/b.png"]').first()
    await untilLoaded(face)
    expect(await face.getAttribute('referrerpolicy')).toBe('no-referrer')
    expect(alice.errors).toEqual([])
  })

  test('a face that could not be read or uploaded can be picked again', async () => {
    const { page, errors } = await enter(browser, server.url, 'Alma', { path: '#/settings' })
    const noPicture = { name: 'no.png', mimeType: 'image/png', buffer: Buffer.from('no picture') }
    const face = { name: 'face.png', mimeType: 'image/png', buffer: png }
    const notices = page.getByRole('alert')
    const tryIn = async (place: Locator) => {
      const picker = place.locator('input[type=file]')
      await picker.setInputFiles(noPicture)
      await notices.getByText('Your browser cannot read this picture.').waitFor()
      // Or else the browser finds that nothing has changed when it is that file again.
      expect(await picker.inputValue()).toBe('')
      await notices.getByRole('button', { name: 'Close' }).click()
      await notices.waitFor({ state: 'detached' })
      await picker.setInputFiles(face)
      await untilLoaded(place.locator('img'))
      expect(await picker.inputValue()).toBe('')
    }
    await tryIn(page.getByRole('region', { name: 'Profile' }))
    await goTo(page, '/groups')
    await button(page, 'New group').first().click()
    await tryIn(page.getByRole('dialog', { name: 'New group' }))
    expect(errors).toEqual([])
  })

  test('what does not play at once is fetched when somebody asks for it', async () => {
    const { alice, asBob, post, sessionId } = await chatting('Amelie', 'Bruno')
    const { page } = alice
    const fetched: string[] = []
    await page.route('**/attachments/*/content?*', async (route) => {
      // As in a browser that takes the server's word for what a file is.
      const isPlayer = route.request().resourceType() === 'media'
      await (isPlayer ? route.abort() : route.continue())
    })
    page.on('request', (request) => {
      if (request.resourceType() === 'fetch' && /attachments\/\d+\/content/.test(request.url())) {
        fetched.push(request.url())
      }
    })
    const film = await upload(asBob, 'odd.mp4', Buffer.alloc(1_400_000))
    const song = await upload(asBob, 'song.wav', recordingOf(3))
    const box = { width: 480, height: 270 }
    const srcOf = ({ id }: AttachmentObject) => `attachments/${id}/content`
    await post('video', { src: srcOf(film), thumbnail: '', name: 'odd.mp4', size: 1_400_000, ...box })
    await post('audio', { src: srcOf(song), name: 'song.wav', second: 3 })

    const offer = said(page).getByRole('group', { name: 'odd.mp4' })
    const player = said(page).getByRole('group', { name: 'song.wav' })
    for (const colorScheme of ['light', 'dark'] as const) {
      await offer.getByText('1.4 MB').waitFor()
      await offer.getByRole('button', { name: 'Download' }).waitFor()
      await page.emulateMedia({ colorScheme })
      await expectAccessible(page)
      // Each time the chat is opened.
      await goTo(page, '/contacts')
      await fieldOf(page).waitFor({ state: 'detached' })
      await goTo(page, `/chats/${sessionId}`)
    }
    await offer.waitFor()
    await player.getByText('0:03').waitFor()
    expect(fetched).toEqual([])

    await player.getByRole('button', { name: 'Play' }).click()
    await until(() => page.locator('audio').evaluate((audio: HTMLAudioElement) => audio.currentTime > 0))
    await player.getByRole('button', { name: 'Pause' }).click()
    expect(fetched.length).toBe(1)
    await offer.getByRole('button', { name: 'Play' }).click()
    await said(page).getByText('This video cannot be played here.').waitFor()
    expect(fetched.length).toBe(2)
    const download = page.waitForEvent('download')
    await said(page).getByRole('article').first().getByRole('button', { name: 'Download' }).click()
    expect((await download).suggestedFilename()).toBe('odd.mp4')
  })
})

/** Runs in the page: looks at the one picture of the chat before each frame, and notes when there is nothing to see. */
function watchPicture(): void {
  const gaps: string[] = []
  Object.assign(globalThis, { gaps })
  const find = () => document.querySelector<HTMLImageElement>('[role=log] img[alt=Picture]')
  const first = find()
  const look = () => {
    const picture = find()
    if (picture !== first) gaps.push('another picture')
    if (!picture?.complete || picture.naturalWidth === 0) gaps.push('nothing')
    if (gaps.length < 10) requestAnimationFrame(look)
  }
  look()
}

const gapsSeen = () => (globalThis as unknown as { gaps: string[] }).gaps

/** A file of the user's, not sent yet. */
async function upload(user: Api, name: string, bytes: Buffer): Promise<AttachmentObject> {
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(bytes)]), name)
  const headers = { Authorization: `Bearer ${user.token}` }
  const response = await fetch(`${user.baseUrl}/v1/attachments`, { method: 'POST', headers, body: form })
  return (await response.json()) as AttachmentObject
}
