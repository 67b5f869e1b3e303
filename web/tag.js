/*! tiktok-events-relay, MIT */
try { (function () {
  'use strict'
  const win = window, doc = document, KEY = 'tt_relay', VISIT = 'tt_visit', CLICK = 'ttclid'
  const KEEP = 28 * 86400 // the longest click-through window
  const EXPIRY = 2 * 86400 // TikTok deduplicates for 48 hours: a later copy would count twice
  const MAX_EVENTS = 50
  // Browsers allow 65,536 bytes of keepalive bodies in flight, the relay as many in one request. A larger event than
  // MAX_BYTES goes alone.
  const MAX_BYTES = 48000, MAX_EVENT_BYTES = 64000
  const MIN_EXPIRY_MS = 72e6 // browsers keep some cookies of scripts for 24 hours only
  const ANSWER_MS = 5000 // after that an event whose page was left without an answer is sent again
  const stub = win.ttRelay
  if (stub && stub.loaded) return

  // Of scripts only: what a visitor of the shop wrote, such as an image, may have the name or the source.
  const { src, dataset: data = {} } = [doc.currentScript, doc.querySelector('script[src*="/tag.js"]')]
    .find(found => /Script/.test({}.toString.call(found))) || {}
  const text = value => {
    const found = /string|number/.test(typeof value) ? String(value).trim() : ''
    // The words that programs write for nothing.
    return /^(null|undefined|none|nan|n\/a|\(not set\)|\[object object\]|\{\{.*\}\}|__.*__)$/i.test(found) ? '' : found
  }
  // GET /tag.js puts the stack's own values in place of the braces.
  const pixel = data.pixel || text('{{pixel}}'), prefix = text('{{prefix}}'), visits = text('{{visits}}') !== 'off'
  const api = new URL('v1/', data.relay || src || location)
  const fallback = data.consent === 'not-required'
    ? (navigator.globalPrivacyControl ? 'denied' : 'granted') : 'pending'

  let state, memory, landing, visitId, timer, polls, polling, sending, left, holding = doc.prerendering ? [] : null
  let waiting = [], callbacks = [], copies = [], person = {}, pointers = {}, people = {}, answers = {}
  let delay = 0, domain, identified, signed, cookieKept
  const recent = {}

  // ── helpers ──────────────────────────────────────────────────────────────────────────────────────────────
  const guard = f => function () { try { return f.apply(this, arguments) } catch (e) { /* never the page's */ } }
  const copy = value => JSON.parse(JSON.stringify(value || {}))
  const ident = value => {
    const found = text(value)
    return /^gid:/.test(found) ? found.split('?')[0].split('/').pop() : found
  }
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(22)), byte => (byte % 36).toString(36)).join('')
  const bytes = value => new Blob([JSON.stringify(value)]).size
  const keyOf = event => event.event + ' ' + event.event_id
  // Tells two addresses apart, and is too short to tell whose one is.
  const digest = value => Array.from(text(value)).reduce((sum, letter) => (sum * 31 + letter.charCodeAt()) % 9973, 0)

  // ── cookies and storage: touched after a yes only, or to delete after a no ───────────────────────────────
  const cookie = guard(name => (doc.cookie.match('(?:^|; )' + name + '=([^;]*)') || [])[1])
  const setCookie = guard((name, at, value = '', age = 0) => {
    doc.cookie = name + '=' + value + '; path=/; samesite=lax; max-age=' + age + at +
      (location.protocol === 'https:' ? '; secure' : '')
  })
  const domains = () => location.hostname.split('.').map((_, i, all) => '; domain=' + all.slice(i).join('.')).reverse()
  const widest = () => domains().find(at => {
    setCookie('tt_probe', at, 1, 9)
    const sticks = cookie('tt_probe')
    setCookie('tt_probe', at)
    return sticks
  }) || ''
  const load = () => {
    const found = memory || guard(() => JSON.parse(localStorage.getItem(KEY)))() // may be blocked, or not ours
    return Object.assign({ queue: [], done: [] }, found)
  }
  const save = found => {
    try { localStorage.setItem(KEY, JSON.stringify(found)) } catch (e) { memory = found }
  }
  // A yes, unless another page has withdrawn it since: the visit's cookie is gone, and this page asks again. A cookie
  // that may have expired since this page wrote it (`cookieKept`) is no withdrawal, nor is any where no yes is needed:
  // the page goes on under another id.
  const granted = () => {
    if (cookieKept && !cookie(VISIT)) {
      visitId = undefined
      if (fallback !== 'granted' && cookieKept > Date.now() - MIN_EXPIRY_MS) {
        state = 'pending'
        answers = {}
        forget()
      }
      cookieKept = 0
    }
    return state === 'granted'
  }
  const clickId = () => {
    const read = url => {
      const found = text(new URL(url).searchParams.get(CLICK))
      if (/^[\w.~=-]{1,1024}$/.test(found)) landing = found
    }
    read(location)
    if (!granted()) return
    // A visitor may answer on the second page only.
    const before = new URL(doc.referrer || location)
    if (!landing && !cookie(CLICK) && before.origin === location.origin) read(before)
    if (landing && landing !== cookie(CLICK)) {
      setCookie(CLICK, '') // a cookie of this host alone would hide the domain's
      setCookie(CLICK, domain, landing, KEEP)
    }
    return landing || cookie(CLICK)
  }

  // ── sending ──────────────────────────────────────────────────────────────────────────────────────────────
  // text/plain needs no preflight. No beacon: block lists stop it, and it does not say that it failed.
  const post = async (path, value) => {
    try {
      const { status } = await fetch(api + path,
        { method: 'POST', body: JSON.stringify(value), keepalive: true, credentials: 'omit' })
      return status < 500 && status !== 429
    } catch (e) { /* not sent */ }
  }
  const later = ms => { clearTimeout(timer); timer = setTimeout(guard(flush), ms) }
  const flush = leaving => {
    if (!granted() || !navigator.onLine || (leaving === 1 ? delay : sending)) return
    // Events stay in storage until they are answered, for the next page. `sent` marks those that are on their way.
    const kept = load(), now = Date.now(), mark = now + Math.random(), batch = []
    let size = 0
    kept.queue = kept.queue.filter(event => event.event_time > now / 1000 - EXPIRY && bytes(event) < MAX_EVENT_BYTES)
    for (const event of kept.queue.filter(event => !(event.sent > now - ANSWER_MS))) {
      size += bytes(event)
      if (batch.length && size > MAX_BYTES) break
      event.sent = mark
      batch.push(event)
    }
    save(kept)
    if (!batch.length) return kept.queue.length && later(ANSWER_MS)
    sending = true
    const events = batch.map(event => Object.assign({}, event, {
      sent: undefined, user: Object.assign({ ttp: cookie('_ttp') }, event.user, people[event.event_id])
    }))
    visit()
    post('events', { events }).then(guard(done => {
      sending = false
      // A page that is left hears of a failure that is none.
      if (!granted() || (left && !done)) return
      delay = done ? 0 : Math.min(delay * 2 || 2000, 300000)
      const kept = load()
      kept.queue = kept.queue.filter(event => {
        if (event.sent === mark) event.sent = 0
        return !done || !batch.map(keyOf).includes(keyOf(event)) // another page may have marked it since
      })
      save(kept)
      if (kept.queue.length) later(delay)
    }))
  }

  // ── the visit: what a webhook is filled from ─────────────────────────────────────────────────────────────
  const getVisit = () => {
    const found = cookie(VISIT)
    visitId = /^ttv_[\w-]{22}$/.test(found) ? found : visitId || 'ttv_' + random()
    setCookie(VISIT, domain, visitId, KEEP)
    cookieKept = cookie(VISIT) && Date.now()
    return visitId
  }
  const visit = keys => {
    if (!granted() || !visits) return
    Object.assign(pointers, keys)
    const id = getVisit(), ttclid = clickId(), ttp = cookie('_ttp'), email = person.email, kept = load()
    const known = email ? digest(email) : kept.email // a page that knows no address changes nothing
    const signature = [id, ttclid, ttp, known, Math.floor(Date.now() / 864e5)].join()
    if (!Object.keys(pointers).length && signature === (signed || kept.visit)) return
    signed = signature
    const sent = pointers
    pointers = {}
    post('visits', Object.assign({ id, consent: state, ttclid, ttp, email, url: location.href.split('?')[0] }, sent)).then(guard(done => {
      if (!granted()) return
      if (done) return save(Object.assign(load(), { visit: signature, email: known }))
      signed = ''
      pointers = Object.assign(sent, pointers)
    }))
  }

  // ── TikTok's pixel: polled for, never created ────────────────────────────────────────────────────────────
  const callPixel = () => {
    clearTimeout(polling)
    const ttq = win.ttq || {}, loaded = ttq._i
    if (!granted() || !copies[0]) return
    if (ttq.track && (!pixel || !loaded || pixel in loaded)) {
      const who = JSON.stringify(person)
      if (who[2] && who !== identified && ttq.identify) { // '{}' has no third character
        identified = who
        guard(() => ttq.identify({ email: person.email, phone_number: person.phone, external_id: person.external_id }))()
      }
      copies.splice(0).forEach(guard(event => ttq.track(event.event, copy(event.properties), Object.assign(
        { event_id: event.event_id }, pixel && loaded && Object.keys(loaded)[1] && { pixel_code: pixel }))))
    } else if (polls++ < 80) polling = setTimeout(guard(callPixel), 250)
  }

  // ── events ───────────────────────────────────────────────────────────────────────────────────────────────
  // The event_id rule. These properties are for the tag; TikTok has only `order_id` of them.
  const STRIPE = ['session_id', 'payment_intent'], ORDER = ['order_id', ...STRIPE], CHECKOUT = ['checkout_token', ...STRIPE]
  const RULES = { Purchase: ORDER, PlaceAnOrder: ORDER, Subscribe: ORDER, InitiateCheckout: CHECKOUT, AddPaymentInfo: CHECKOUT,
    CompleteRegistration: ['customer_id'] }
  const HINTS = [...ORDER, ...CHECKOUT, 'customer_id']
  const RENAMED = { CompletePayment: 'Purchase', SubmitForm: 'Lead' } // as the relay renames them

  const track = (name, given, options) => {
    name = RENAMED[text(name)] || text(name)
    clickId()
    if (!name || state === 'denied') return
    const properties = copy(given), keys = {}
    let ruled = (RULES[name] || []).concat('order_id').map(key => {
      const id = ident(properties[key])
      if (id) keys[key] = id
      return id
    }).find(Boolean)
    for (const key of HINTS) delete properties[key]
    if (keys.order_id) properties.order_id = keys.order_id
    delete keys.customer_id
    // An external id may be an e-mail address, a phone number or a digest, which no event_id may hold.
    if (!ruled && name === 'CompleteRegistration' && !/[@+( ]|^[\da-f]{64}$/i.test(person.external_id)) ruled = ident(person.external_id)
    const explicit = text(options && options.event_id) || (ruled && prefix + ruled)
    const same = name + JSON.stringify(properties)
    if (!explicit && recent[same] > Date.now() - 1000) return // a double click
    recent[same] = Date.now()
    const event = { event: name, event_id: explicit || random(), event_time: Math.floor(Date.now() / 1000),
      properties, page: { url: location.href, referrer: doc.referrer || undefined } }
    people[event.event_id] = copy(person)
    waiting = [...waiting, [event, explicit, keys]].slice(-MAX_EVENTS)
    if (granted()) release()
  }
  const release = () => {
    for (const [event, explicit, keys] of waiting.splice(0)) {
      const kept = load(), key = keyOf(event)
      if (kept.done.includes(key)) continue // a reload, another tab
      if (explicit) kept.done = [...kept.done, key].slice(-100)
      event.user = { ttclid: clickId(), ttp: cookie('_ttp') }
      kept.queue = [...kept.queue, event].slice(-MAX_EVENTS)
      save(kept)
      copies = [...copies, event].slice(-MAX_EVENTS)
      if (Object.keys(keys).length) visit(keys)
    }
    if (!delay) later(50)
    polls = 0
    callPixel()
  }

  // ── consent ──────────────────────────────────────────────────────────────────────────────────────────────
  const ANSWERS = ['denied', 'pending', 'granted'] // the strictest first
  const decide = () => {
    const all = Object.values(answers)
    const now = answers.page || ANSWERS.find(answer => all.includes(answer)) || fallback
    if (now === state) return
    state = now
    if (now === 'granted') {
      domain = widest()
      getVisit()
      clickId()
      visit()
      callbacks.splice(0).forEach(guard(callback => callback(visitId)))
      release()
    } else if (now === 'denied') forget()
  }
  const forget = () => {
    const id = cookie(VISIT) || visitId
    waiting = []
    copies = []
    person = {}
    people = {}
    pointers = {}
    memory = visitId = landing = signed = cookieKept = undefined
    for (const at of domains().concat('')) {
      setCookie(CLICK, at)
      setCookie(VISIT, at)
    }
    guard(() => localStorage.removeItem(KEY))()
    if (id && visits) deleteVisit(id)
  }
  const deleteVisit = (id, attempt = 0) => post('visits', { id, consent: 'denied' }).then(done => {
    if (!done && attempt < 30) setTimeout(() => deleteVisit(id, attempt + 1), 10000)
  })

  // ── GA4 data layer ───────────────────────────────────────────────────────────────────────────────────────
  const GA4 = { view_item: 'ViewContent', add_to_cart: 'AddToCart', add_to_wishlist: 'AddToWishlist',
    begin_checkout: 'InitiateCheckout', add_payment_info: 'AddPaymentInfo', purchase: 'Purchase', search: 'Search',
    view_search_results: 'Search', sign_up: 'CompleteRegistration', generate_lead: 'Lead' }
  const OLD = { detail: 'ViewContent', add: 'AddToCart', checkout: 'InitiateCheckout', purchase: 'Purchase' }
  const seen = new WeakSet()
  let layer
  const number = (value, other) => text(value) && isFinite(value) ? +value : other
  const user = found => {
    const first = value => (Array.isArray(value) ? value[0] : value) || undefined
    identify({
      email: first(found.email || found.email_address || found.sha256_email_address),
      phone: first(found.phone_number || found.phone || found.sha256_phone_number)
    })
  }
  const hear = entry => {
    if (Object(entry) !== entry || Array.isArray(entry)) return
    seen.add(entry)
    let name = entry.event, given = entry
    if (/Arguments/.test({}.toString.call(entry))) {
      name = entry[0] === 'event' ? entry[1] : ''
      given = entry[2] || {}
      if (entry[0] === 'set') given = entry[1] === 'user_data' ? { user_data: given } : entry[1] || {}
    }
    if (given.user_data) user(given.user_data)
    const shop = given.ecommerce || given.eventModel || given
    const old = given.ecommerce && !shop.items && Object.keys(OLD).find(key => (shop[key] || {}).products)
    const event = old ? OLD[old] : text(GA4[name]) // of `constructor` nothing
    const action = (old ? shop[old].actionField : shop) || {}
    if (!event || (action.step > 1 && old === 'checkout')) return
    const list = old ? shop[old].products : shop.items, items = Array.isArray(list) ? list.filter(Boolean) : []
    const order = text(old ? action.id : shop.transaction_id), id = text(given.event_id || shop.event_id)
    if (!order && !id && event === 'Purchase') return // under a random id it would count beside the webhook
    const contents = items.map(item => ({
      content_id: text(item.item_id || item.id) || undefined,
      content_name: item.item_name || item.name,
      content_category: [item.item_category || item.category, item.item_category2, item.item_category3,
        item.item_category4, item.item_category5].filter(Boolean).join() || undefined,
      content_type: 'product',
      brand: item.item_brand || item.brand,
      price: number(item.price),
      quantity: number(item.quantity, 1)
    }))
    const sum = contents.reduce((total, item) => total + item.price * item.quantity, 0)
    track(event, {
      contents: contents[0] && contents,
      content_type: contents[0] && 'product',
      value: number(old ? action.revenue : shop.value, Math.round(sum * 100) / 100 || undefined),
      currency: shop.currency || shop.currencyCode || (items[0] || {}).currency,
      search_string: given.search_term || shop.search_term,
      checkout_token: given.checkout_token || shop.checkout_token,
      order_id: order || undefined
    }, { event_id: id })
  }
  const listen = () => {
    const name = data.ga4 || 'dataLayer'
    if (layer && layer === win[name] && layer.push !== [].push) return
    const target = layer = win[name] = win[name] || [], original = target.push
    target.push = function () {
      const result = original.apply(target, arguments)
      Array.from(arguments).forEach(guard(hear))
      return result
    }
    Array.from(target).forEach(guard(entry => seen.has(entry) || hear(entry)))
  }

  // ── the page's calls ─────────────────────────────────────────────────────────────────────────────────────
  const identify = given => {
    if (state === 'denied') return
    // TikTok's own name of it in the pixel; the relay knows Events API 2.0's only.
    const { phone_number: phone, ...others } = copy(given)
    Object.assign(person, others, phone && { phone })
    visit()
  }
  const methods = {
    track,
    identify,
    // `source` names the adapter that asks; a call of the page itself has none and overrides the adapters.
    consent: (answer, source) => {
      if (!ANSWERS.includes(answer)) return
      granted() // a withdrawal comes before a later yes
      answers[source || 'page'] = answer
      decide()
    },
    visit: callback => granted() ? callback(getVisit()) : callbacks.push(callback)
  }
  const call = guard((name, ...rest) => methods[name](...rest))
  win.ttRelay = function () { holding ? holding.push(arguments) : call(...arguments) }
  win.ttRelay.loaded = true
  win.ttRelay.q = { push: args => win.ttRelay(...args) } // for a page that holds the stub still
  const on = (target, name, handler) => target.addEventListener(name, guard(handler))
  const start = guard(() => {
    const calls = (stub && stub.q || []).concat(holding || [])
    holding = null
    clickId()
    calls.forEach(args => call(...args))
    decide()
    if ('ga4' in data) {
      listen()
      setInterval(guard(listen), 3000) // a later script may put another layer in its place
    }
    on(win, 'pagehide', () => { left = true; flush(1) })
    on(doc, 'visibilitychange', () => flush(+doc.hidden))
    on(win, 'online', flush)
    on(win, 'pageshow', () => { left = false; clickId(); flush() })
  })
  holding ? on(doc, 'prerenderingchange', start) : start()
})() } catch (e) { /* a browser without the basics: the page goes on */ }
