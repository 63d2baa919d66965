import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestBrowser, startBrowser } from '../../../kit/browser.ts'
import { until } from '../../../kit/until.ts'
import { listenerOf, token } from '../../live-page.ts'
import { pushPage, vapidPublicKey } from '../../push-page.ts'
import { device } from '../../push-vendor.ts'

const ada = listenerOf('ada')
let browser: TestBrowser

before(async () => {
  browser = await startBrowser()
})
after(() => browser.close())

test('by keyboard alone: it subscribes and tells the gateway device, language and time zone; then it takes the device back', async (t) => {
  const context = { timezoneId: 'Europe/Oslo', locale: 'nb-NO' }
  const { page, button, isOn, told, devicesTold, subscribedWith, errors } = await pushPage(t, {
    browser,
    context,
  })
  await button.waitFor()
  assert.equal(await button.textContent(), 'Notify me')
  await button.focus()
  await page.keyboard.press('Enter')
  await isOn(true)
  assert.equal(await button.textContent(), 'Notifications on')
  assert.equal(await subscribedWith(), vapidPublicKey)
  assert.deepEqual(devicesTold(), [{ listener: ada, device }])
  const said = () => told('preferences').map(({ name, value }) => `${name as string}=${value as string}`)
  assert.deepEqual(said().toSorted(), ['locale=nb-NO', 'push=on', 'time-zone=Europe/Oslo'])

  await page.keyboard.press('Space')
  await isOn(false)
  await until(() => devicesTold().length === 2, { what: 'the device to be taken back' })
  assert.deepEqual(devicesTold()[1], { listener: ada, device: undefined })
  assert.equal(await subscribedWith(), null)
  assert.equal(said().length, 3, 'other devices of the listener go on')
  assert.ok(await button.evaluate((node) => node === document.activeElement))
  assert.deepEqual(errors, [])
})

test('each load tells the gateway the device anew, and changes no setting', async (t) => {
  const { page, press, isOn, told, devicesTold } = await pushPage(t, { browser })
  await press()
  await isOn(true)
  await page.reload()
  await isOn(true)
  assert.deepEqual(devicesTold(), [
    { listener: ada, device },
    { listener: ada, device },
  ])
  assert.equal(told('preferences').length, 3)
})

test('in a browser that listeners share it is on for whom pressed it, and nothing is told in another’s name', async (t) => {
  const { page, address, press, isOn, devicesTold } = await pushPage(t, { browser })
  const openAs = async (user: string) => {
    await page.goto('about:blank')
    await page.goto(`${address}/#token=${await token(3600, user)}`)
  }
  await press()
  await isOn(true)
  await openAs('bob')
  await isOn(false)
  assert.deepEqual(devicesTold(), [{ listener: ada, device }])
  await press()
  await isOn(true)
  assert.deepEqual(devicesTold()[1], { listener: listenerOf('bob'), device })
  await openAs('ada')
  await isOn(false)
  assert.equal(devicesTold().length, 2)
})

test('a subscription under another key, which nobody could push to, is renewed', async (t) => {
  const { page, press, isOn, devicesTold, subscribedWith } = await pushPage(t, { browser })
  const ofAnotherKey = () =>
    page.evaluate(
      (key) => localStorage.setItem('subscribed with', key),
      vapidPublicKey.replace(/^.{4}/, 'BAAA'),
    )
  await ofAnotherKey()
  await press()
  await isOn(true)
  assert.equal(await subscribedWith(), vapidPublicKey)
  await ofAnotherKey()
  await page.reload()
  await isOn(true)
  assert.equal(await subscribedWith(), vapidPublicKey)
  assert.equal(devicesTold().length, 2)
})

test('who has blocked notifications hears what to do; who closes the question hears nothing', async (t) => {
  const blocked = await pushPage(t, { browser, permission: 'denied' })
  await blocked.press()
  await blocked.page
    .getByText('Notifications are blocked for this page: allow them in the settings')
    .waitFor()
  const closed = await pushPage(t, { browser, permission: 'default' })
  await closed.press()
  await until(async () => (await closed.button.getAttribute('aria-busy')) === 'false', { what: 'the answer' })
  assert.equal(await closed.page.locator('#notice').getAttribute('data-open'), 'false')
  for (const { button, devicesTold } of [blocked, closed]) {
    assert.equal(await button.getAttribute('aria-pressed'), 'false')
    assert.deepEqual(devicesTold(), [])
  }
})

test('a browser whose push service does not answer says so', async (t) => {
  const { page, button, press } = await pushPage(t, { browser, hasService: false })
  await press()
  await page.getByText('push service does not answer').waitFor()
  assert.equal(await button.getAttribute('aria-pressed'), 'false')
})

test('what the gateway does not take is not turned on, and leaves no subscription', async (t) => {
  const { page, button, press, isOn, subscribedWith, devicesTold, kafkaIsAway } = await pushPage(t, {
    browser,
  })
  kafkaIsAway(true)
  await press()
  await page.getByText('Notifications were not turned on: that is not possible right now.').waitFor()
  assert.equal(await button.getAttribute('aria-pressed'), 'false')
  assert.equal(await subscribedWith(), null)
  kafkaIsAway(false)
  await press()
  await isOn(true)
  assert.equal(await page.locator('#notice').getAttribute('data-open'), 'false')
  assert.deepEqual(devicesTold(), [{ listener: ada, device }])
})

test('it can be turned off while the gateway takes nothing: the browser’s push service takes no more', async (t) => {
  const { press, isOn, subscribedWith, kafkaIsAway } = await pushPage(t, { browser })
  await press()
  await isOn(true)
  kafkaIsAway(true)
  await press()
  await isOn(false)
  assert.equal(await subscribedWith(), null)
})

for (const width of [320, 1280])
  test(`at ${width} px nothing moves when the button comes or is pressed, and it can be hit`, async (t) => {
    const { panel, button, press, isOn } = await pushPage(t, {
      browser,
      context: { viewport: { width, height: 900 } },
    })
    await button.waitFor()
    const placeOfList = () =>
      panel.locator('#for-you-list').evaluate((list) => Math.round(list.getBoundingClientRect().y + scrollY))
    const { height, width: narrow } = (await button.boundingBox())!
    assert.ok(narrow >= 24 && height >= 24, `${narrow} × ${height}`)
    const before = await placeOfList()
    await press()
    await isOn(true)
    const { x, width: wide } = (await button.boundingBox())!
    assert.ok(x >= 0 && x + wide <= width, `from ${x} to ${x + wide}`)
    const after = await placeOfList()
    await button.evaluate((node) => node.setAttribute('hidden', ''))
    assert.deepEqual([after, await placeOfList()], [before, before])
  })

test('there is no button without a key, nor for whom the gateway does not know', async (t) => {
  const without = await pushPage(t, { browser, vapidPublicKey: '' })
  await without.page.locator('[data-connection=live]').waitFor()
  assert.ok(await without.button.isHidden())
  const unknown = await pushPage(t, { browser, hash: '' })
  await unknown.page.locator('[data-connection=refused]').waitFor()
  assert.ok(await unknown.button.isHidden())
})
