// pusher-js and the official publisher, as they are published, against a server. Prints "ok WHAT" for each fact that
// holds, and ends with 1 at the first that does not.
//
// On the line "outside", whoever runs it writes a row in a way of their own, named "outside", that everybody may see.
//
// With WEB_ADDRESS the sockets are on one node, and all requests go to another.
//
// node check.mjs MODULES ADDRESS APP_ID KEY SECRET STAFF_TOKEN MEMBER_TOKEN [WEB_ADDRESS]
import { createRequire } from 'node:module'

const [modules, address, appId, key, secret, staff, member, elsewhere] = process.argv.slice(2)
const web = elsewhere ?? address
const require = createRequire(`${modules}/`)
const PusherJs = require('pusher-js')
const Pusher = require('pusher')
const [host, port] = address.split(':')

function fail (what) {
  console.log(`FAILED ${what}`)
  process.exit(1)
}

function holds (is, what) {
  if (!is) fail(what)
  console.log(`ok ${what}`)
}

setTimeout(() => fail('it took too long'), 60000).unref()

function connect (token) {
  return new PusherJs(key, {
    cluster: '',
    wsHost: host,
    wsPort: Number(port),
    forceTLS: false,
    enabledTransports: ['ws'],
    disableStats: true,
    authEndpoint: `http://${web}/statezero/events/auth/`,
    auth: { headers: token ? { Authorization: `Token ${token}` } : {} }
  })
}

// What a channel hears, and a way to wait for the next of it.
function listen (channel) {
  const heard = []
  const waiting = []
  channel.bind_global((name, data) => {
    if (name.startsWith('pusher:subscription_succ')) name = 'succeeded'
    const event = { name, data }
    const next = waiting.shift()
    if (next) next(event)
    else heard.push(event)
  })
  return {
    heard,
    next: () => heard.length ? Promise.resolve(heard.shift()) : new Promise(resolve => waiting.push(resolve))
  }
}

async function ask (token, query, operation) {
  const answer = await fetch(`http://${web}/statezero/depot.crate/`, {
    method: 'POST',
    headers: { Authorization: `Token ${token}`, 'Content-Type': 'application/json', 'X-Operation-ID': operation ?? 'none' },
    body: JSON.stringify({ ast: { query } })
  })
  const body = await answer.json()
  if (answer.status !== 200) fail(`${JSON.stringify(query)}: ${answer.status} ${JSON.stringify(body)}`)
  return body.data?.data?.[0]
}

const create = data => ask(staff, { type: 'create', data }, 'created')
const update = (pk, data) => ask(staff, { type: 'update_instance', filter: { type: 'filter', conditions: { pk } }, data })
const remove = pk => ask(staff, { type: 'delete_instance', filter: { type: 'filter', conditions: { pk } } })
const keys = event => JSON.stringify(event.data.instances)

const ofMember = connect(member)
const ofStaff = connect(staff)
const crates = ofMember.subscribe('private-depot.crate')
const memberHears = listen(crates)
const staffHears = listen(ofStaff.subscribe('private-depot.crate'))
holds((await memberHears.next()).name === 'succeeded', 'a member hears the channel of a model')
holds((await staffHears.next()).name === 'succeeded', 'staff do')

const refused = async (channel, token) => {
  const pusher = connect(token)
  const hears = listen(pusher.subscribe(channel))
  const event = await hears.next()
  pusher.disconnect()
  return event.name === 'pusher:subscription_error' ? event.data.status : event.name
}
holds(await refused('private-depot.crate', null) === 401, 'nobody in particular does not')
holds(await refused('private-elsewhere', member) === 403, 'a channel that nobody decides about is nobody\'s')

const open = await create({ name: 'open', is_open: true })
let event = await memberHears.next()
holds(event.name === 'create' && keys(event) === `[${open}]`, 'a member hears of a row that they see')
holds(event.data.operation_id === 'created' && event.data.pk_field_name === 'id', 'with the operation that made it')
holds(keys(await staffHears.next()) === `[${open}]`, 'so do staff')

const closed = await create({ name: 'closed', is_open: false })
holds(keys(await staffHears.next()) === `[${closed}]`, 'staff hear of a row that they see alone')
await update(open, { is_open: false })
event = await memberHears.next()
holds(event.name === 'update' && keys(event) === `[${open}]`, 'who loses a row hears so, and of nothing before')
await update(open, { name: 'hidden' })
await remove(closed)
await update(open, { is_open: true })
event = await memberHears.next()
holds(event.name === 'update' && keys(event) === `[${open}]`, 'who gets a row hears so')
await remove(open)
event = await memberHears.next()
holds(event.name === 'delete' && keys(event) === `[${open}]`, 'a deletion is told by its key')
holds(memberHears.heard.length === 0, 'and nothing else was')

console.log('outside')
event = await memberHears.next()
holds(event.name === 'create', 'what another program writes is told, too')

const [webHost, webPort] = web.split(':')
const publisher = new Pusher({ appId, key, secret, host: webHost, port: webPort, useTLS: false })
const publish = async (...words) => {
  try {
    return (await publisher.trigger(...words)).status
  } catch (error) {
    return error.status
  }
}
const news = listen(ofMember.subscribe('news'))
const newsOfStaff = listen(ofStaff.subscribe('news'))
await news.next()
await newsOfStaff.next()
holds(await publish('news', 'headline', { text: 'é' }) === 200, 'the official publisher publishes')
event = await news.next()
holds(event.name === 'headline' && event.data.text === 'é', 'and it arrives')
await newsOfStaff.next()
await publish('news', 'not-for-me', {}, { socket_id: ofMember.connection.socket_id })
await publish('news', 'for-all', {})
holds((await newsOfStaff.next()).name === 'not-for-me', 'others hear what excludes one connection')
holds((await news.next()).name === 'for-all', 'and that one does not')
holds(await publish('private-depot.crate', 'create', {}) === 403, 'changes of rows cannot be published')
holds(await publish('news', 'large', 'x'.repeat(10241)) === 413, 'nor what is too large')
const forger = new Pusher({ appId, key, secret: 'another secret, as long as it must be', host, port, useTLS: false })
holds(await forger.trigger('news', 'forged', {}).catch(error => error.status) === 401, 'a forged signature is refused')
const atSockets = new Pusher({ appId, key, secret, host, port, useTLS: false })
const listed = await atSockets.get({ path: '/channels', params: { filter_by_prefix: 'ne', info: 'subscription_count' } })
holds((await listed.json()).channels.news.subscription_count === 2, 'channels are listed with who hears them')

const ended = new Promise(resolve => ofMember.connection.bind('error', error => resolve(error.error?.data?.code ?? error.data?.code)))
const failed = new Promise(resolve => ofMember.connection.bind('state_change', states => {
  if (['disconnected', 'failed', 'unavailable'].includes(states.current)) resolve(states.current)
}))
await fetch(`http://${web}/api/logout/`, { method: 'POST', headers: { Authorization: `Token ${member}` } })
holds(await ended === 4009, 'a connection ends with the login behind it')
holds(await failed === 'disconnected', 'and the client does not come back by itself')
ofStaff.disconnect()
process.exit(0)
