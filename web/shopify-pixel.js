/*! tiktok-events-relay, MIT licence: Shopify custom pixel. docs/browser.md says how to install it. */
// Fill in these four, then paste the file into Settings → Customer events → Add custom pixel.
const RELAY_URL = 'https://relay.example' // the stack's ApiUrl
const WRITE_KEY = 'replace-with-the-public-write-key' // relay secret: public_write_key
const ITEM_ID = 'variant' // the stack's parameter ItemId: variant, product or sku
const EVENT_ID_PREFIX = '' // the stack's parameter EventIdPrefix

;(function () {
  'use strict'
  const KEEP = 28 * 86400, EXPIRY = 2 * 86400, MAX_EVENTS = 50
  const guard = f => function () { try { return f.apply(this, arguments) } catch (e) { /* never the shop's */ } }
  // The part of a global id after the last slash.
  const ident = value => value === null || value === undefined ? '' : String(value).split('?')[0].split('/').pop()
  const amount = money => money && isFinite(money.amount) ? Number(money.amount) : undefined
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(22)), byte =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'[byte & 63]).join('')

  // ── consent: Shopify's own answer ────────────────────────────────────────────────────────────────────────
  const allowed = privacy => !!privacy && privacy.marketingAllowed === true && privacy.saleOfDataAllowed !== false
  let granted = allowed(init.customerPrivacy), denied = false, waiting = [], queue = [], timer, delay = 1000
  let visitId, domain, withdrawal = Promise.resolve()
  let host = (((init.context || {}).document || {}).location || {}).hostname || ''

  const privacy = typeof customerPrivacy === 'undefined' ? api.customerPrivacy : customerPrivacy
  privacy.subscribe('visitorConsentCollected', guard(event => {
    granted = allowed(event.customerPrivacy)
    denied = !granted
    const events = waiting
    waiting = []
    if (granted) return events.forEach(found => send(found))
    queue = []
    withdrawal = withdraw()
  }))

  // ── cookies of the shop's page: Shopify reads and writes them for the frame ──────────────────────────────
  const getCookie = async name => { try { return await browser.cookie.get(name) } catch (e) { return '' } }
  const setCookie = async (name, value, age, at) => {
    try {
      await browser.cookie.set(name + '=' + value + '; path=/; samesite=lax; secure; max-age=' + age + at)
    } catch (e) { /* blocked */ }
  }
  const domains = () => host.split('.').map((_, i, all) => '; domain=' + all.slice(i).join('.')).reverse()
  // The widest domain that keeps a cookie: the tag's own, since of two cookies of one name one hides the other.
  const findDomain = async () => {
    for (const at of domains()) {
      await setCookie('tt_probe', 1, 9, at)
      const sticks = await getCookie('tt_probe')
      await setCookie('tt_probe', '', 0, at)
      if (sticks) return at
    }
    return ''
  }
  const keep = async (name, value) => {
    domain = domain || findDomain()
    const at = await domain
    if (!granted) return
    await setCookie(name, '', 0, '')
    if (granted) setCookie(name, value, KEEP, at)
  }

  const identifiers = async location => {
    await withdrawal
    const [kept, ttp, id] = await Promise.all([getCookie('ttclid'), getCookie('_ttp'), getCookie('tt_visit')])
    const landing = new URLSearchParams((location || {}).search || '').get('ttclid') || ''
    let ttclid = kept
    if (/^[\w.~=-]{1,1024}$/.test(landing) && !/^__.*__$/.test(landing) && landing !== ttclid) {
      ttclid = landing
      keep('ttclid', ttclid)
    }
    const known = /^ttv_[\w-]{22}$/.test(id)
    visitId = known ? id : visitId || 'ttv_' + random()
    if (!known) keep('tt_visit', visitId)
    return { known, ttclid: ttclid || undefined, ttp: ttp || undefined }
  }

  const withdraw = async () => {
    const id = await getCookie('tt_visit') || visitId
    visitId = undefined // a later yes begins another visit
    for (const at of domains().concat('')) {
      await Promise.all(['ttclid', 'tt_visit'].map(name => setCookie(name, '', 0, at)))
    }
    if (id) post('visits', { write_key: WRITE_KEY, id, consent: 'denied' })
  }

  // ── sending: this frame has no origin, so that the key stands in the body ────────────────────────────────
  const post = async (path, value) => {
    try {
      const { status } = await fetch(RELAY_URL + '/v1/' + path,
        { method: 'POST', body: JSON.stringify(value), keepalive: true, credentials: 'omit' })
      return status < 500 && status !== 429
    } catch (e) { return false }
  }

  const flush = () => {
    clearTimeout(timer)
    queue = queue.filter(event => event.event_time > Date.now() / 1000 - EXPIRY)
    const events = queue
    queue = []
    if (!granted || !events.length) return
    post('events', { write_key: WRITE_KEY, events }).then(sent => {
      delay = sent ? 1000 : Math.min(delay * 2, 300000)
      if (sent || !granted) return
      queue = events.concat(queue).slice(-MAX_EVENTS)
      timer = setTimeout(guard(flush), delay)
    })
  }

  const send = found => {
    if (denied) return
    host = (found.location || {}).hostname || host
    if (!granted) {
      waiting = waiting.concat(found).slice(-MAX_EVENTS)
      return
    }
    identifiers(found.location).then(guard(ids => {
      if (!granted) return
      found.event.user = Object.assign({ ttclid: ids.ttclid, ttp: ids.ttp }, found.event.user)
      if (found.event.event_id) queue = queue.concat(found.event).slice(-MAX_EVENTS)
      // The tag in the theme leaves the visit; here it is left where there is no tag, and the checkout is added.
      if (!ids.known || found.keys) post('visits', Object.assign({ write_key: WRITE_KEY, id: visitId, consent: 'granted', ttclid: ids.ttclid,
        ttp: ids.ttp, email: found.event.user.email, url: found.event.page.url }, found.keys))
      flush()
    }))
  }

  // ── Shopify's standard events ────────────────────────────────────────────────────────────────────────────
  const itemId = variant => ({ variant: ident(variant.id), product: ident((variant.product || {}).id),
    sku: variant.sku || '' })[ITEM_ID] || undefined
  const type = ITEM_ID === 'product' ? 'product_group' : 'product'
  const item = (variant, quantity) => variant && {
    content_id: itemId(variant), content_name: (variant.product || {}).title || variant.title || undefined,
    brand: (variant.product || {}).vendor || undefined, content_type: type,
    content_category: (variant.product || {}).type || undefined, price: amount(variant.price), quantity
  }
  const cart = checkout => ({
    contents: (checkout.lineItems || []).map(line => item(line.variant, line.quantity)).filter(Boolean),
    content_type: type, value: amount(checkout.totalPrice), currency: checkout.currencyCode || undefined
  })
  const person = checkout => ({
    email: checkout.email || undefined, phone: checkout.phone || undefined,
    external_id: ident(((checkout.order || {}).customer || {}).id) || undefined
  })
  const variantEvent = (name, variant, quantity, value) => variant && { name, properties: {
    contents: [item(variant, quantity)], content_type: type, value,
    currency: (variant.price || {}).currencyCode || undefined
  } }
  const checkoutEvent = name => data => data.checkout && {
    name, id: data.checkout.token, properties: cart(data.checkout), user: person(data.checkout),
    keys: { checkout_token: data.checkout.token || undefined }
  }

  const EVENTS = {
    product_viewed: data => variantEvent('ViewContent', data.productVariant, 1, amount(data.productVariant.price)),
    product_added_to_cart: data => data.cartLine && variantEvent('AddToCart', data.cartLine.merchandise,
      data.cartLine.quantity, amount((data.cartLine.cost || {}).totalAmount)),
    search_submitted: data => data.searchResult && { name: 'Search', properties: {
      search_string: data.searchResult.query,
      contents: (data.searchResult.productVariants || []).slice(0, 10).map(variant => item(variant, 1)),
      content_type: type
    } },
    checkout_started: checkoutEvent('InitiateCheckout'),
    payment_info_submitted: checkoutEvent('AddPaymentInfo'),
    checkout_completed: data => {
      const found = checkoutEvent('Purchase')(data), order = ident((data.checkout.order || {}).id)
      found.id = order
      found.properties.order_id = found.keys.order_id = order || undefined
      return found
    }
  }

  Object.keys(EVENTS).forEach(name => analytics.subscribe(name, guard(event => {
    const found = EVENTS[name](event.data || {})
    if (!found) return
    const page = event.context.document
    // The id of the order or checkout, as the webhook has it: under another id it would count twice, so that
    // without it only the visit is left. Shopify's own id of what is neither.
    const id = 'id' in found ? found.id && EVENT_ID_PREFIX + found.id : event.id
    send({ location: page.location, keys: found.keys, event: {
      event: found.name, event_id: id,
      event_time: Math.floor((Date.parse(event.timestamp) || Date.now()) / 1000),
      user: found.user, properties: found.properties,
      page: { url: page.location.href, referrer: page.referrer || undefined }
    } })
  })))
})()
