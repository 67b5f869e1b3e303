/*! tiktok-events-relay, MIT licence: consent adapters for the browser tag. docs/browser.md says how to install them. */
(function () {
  'use strict'
  // Before a platform is loaded, what a visitor of the shop wrote may stand in for what it publishes: an element is a
  // global of the name that is its id. So a yes is of the very type that the platform's is.
  // Each adapter reads what its platform publishes and reports it to the tag: granted, denied, or pending while
  // the visitor has not decided. The tag takes the strictest answer; a call of the page itself overrides all.
  const win = window, doc = document
  const tag = function () {
    win.ttRelay = win.ttRelay || function () { (win.ttRelay.q = win.ttRelay.q || []).push(arguments) }
    win.ttRelay.apply(null, arguments)
  }
  // Of a script only: what a visitor of the shop wrote, such as an image, may have the name.
  const script = /Script/.test({}.toString.call(doc.currentScript)) ? doc.currentScript : {}
  const data = script.dataset || {}
  const guard = f => function () { try { return f.apply(this, arguments) } catch (e) { /* never the page's */ } }
  const report = (source, answer) => tag('consent', answer, source)
  // Global Privacy Control beats what holds before the visitor has decided, and not the visitor's own yes.
  const choice = (source, allowed, decided) => report(source,
    allowed && (decided || !navigator.globalPrivacyControl) ? 'granted' : decided ? 'denied' : 'pending')
  const on = (target, names, handler) => names.forEach(name => target.addEventListener(name, guard(handler)))

  // Google consent mode v2: both purposes. A default is no decision of the visitor. One with a region can't be
  // evaluated here: unless it grants, the answer waits for an update. As with Google's own tags, no default
  // overrides an update. Source: developers.google.com/tag-platform/security/guides/consent
  const GOOGLE_PURPOSES = ['ad_storage', 'ad_user_data']
  const defaults = {}, regional = {}, updates = {}
  const hear = entry => {
    if (Object.prototype.toString.call(entry) !== '[object Arguments]' || entry[0] !== 'consent') return false
    const given = entry[2] || {}
    if (entry[1] !== 'default' && entry[1] !== 'update') return false
    for (const key of GOOGLE_PURPOSES.filter(purpose => given[purpose])) {
      if (entry[1] === 'update') updates[key] = given[key]
      else if (!given.region) defaults[key] = given[key]
      else if (given[key] !== 'granted') regional[key] = 'unknown'
    }
    return true
  }
  // Several entries are one answer: a yes between them was never the visitor's.
  const hearAll = entries => {
    if (!entries.map(guard(hear)).includes(true)) return
    const all = GOOGLE_PURPOSES.map(key => updates[key] || regional[key] || defaults[key])
    const allowed = all.every(value => value === 'granted')
    choice('google', allowed, Object.keys(updates).length > 0 && (allowed || all.includes('denied')))
  }
  let layer
  const googleMode = () => {
    const name = data.layer || 'dataLayer', known = layer
    if (known && known === win[name] && known.push !== Array.prototype.push) return
    const target = layer = win[name] = win[name] || [], original = target.push
    target.push = function () {
      const result = original.apply(target, arguments)
      guard(hearAll)(Array.from(arguments))
      return result
    }
    if (target !== known) hearAll(Array.from(target))
  }

  // IAB TCF 2: storage (1), and for advertising 3, 4 and 7. `data-vendor` names a vendor of the shop's list.
  const PURPOSES = [1, 3, 4, 7]
  const tcf = () => {
    if (typeof win.__tcfapi !== 'function') return false
    report('tcf', 'pending')
    win.__tcfapi('addEventListener', 2, guard((found, success) => {
      if (!success) return
      if (found.gdprApplies === false) return choice('tcf', true, false)
      const decided = found.eventStatus === 'tcloaded' || found.eventStatus === 'useractioncomplete'
      const consents = (found.purpose || {}).consents || {}, vendors = (found.vendor || {}).consents || {}
      choice('tcf', decided && PURPOSES.every(purpose => consents[purpose]) &&
        (!data.vendor || vendors[data.vendor]), decided)
    }))
    return true
  }

  // Shopify: shopify.dev/docs/api/customer-privacy
  const shopify = () => {
    const shop = win.Shopify
    if (!shop || typeof shop.loadFeatures !== 'function') return false
    const read = guard(() => {
      const privacy = shop.customerPrivacy
      const sold = typeof privacy.saleOfDataAllowed !== 'function' || privacy.saleOfDataAllowed()
      const visitor = typeof privacy.currentVisitorConsent === 'function' && privacy.currentVisitorConsent()
      const allowed = privacy.marketingAllowed() && sold
      choice('shopify', allowed, visitor && visitor.marketing === (allowed ? 'yes' : 'no'))
    })
    report('shopify', 'pending')
    shop.loadFeatures([{ name: 'consent-tracking-api', version: '0.1' }], error => { if (!error) read() })
    on(doc, ['visitorConsentCollected'], event => {
      const detail = event.detail || {}
      choice('shopify', detail.marketingAllowed && detail.saleOfDataAllowed !== false, true)
    })
    return true
  }

  // Cookiebot: cookiebot.com/en/developer
  const cookiebot = () => {
    if (!win.Cookiebot) return false
    const read = () => choice('cookiebot', win.Cookiebot.consent.marketing === true, win.Cookiebot.hasResponse === true)
    on(win, ['CookiebotOnConsentReady', 'CookiebotOnAccept', 'CookiebotOnDecline'], read)
    report('cookiebot', 'pending')
    guard(read)()
    return true
  }

  // OneTrust: targeting is C0004 unless the shop renamed its groups (`data-onetrust`).
  const onetrust = () => {
    if (!win.OneTrust && !win.OnetrustActiveGroups) return false
    const read = () => {
      const found = win.OnetrustActiveGroups, groups = typeof found === 'string' ? found.split(',') : []
      const one = win.OneTrust
      const closed = one && typeof one.IsAlertBoxClosed === 'function' && one.IsAlertBoxClosed()
      choice('onetrust', groups.includes(data.onetrust || 'C0004'), closed)
    }
    on(win, ['OneTrustGroupsUpdated', 'consent.onetrust'], read)
    on(doc, ['OneTrustGroupsUpdated'], read)
    guard(read)()
    return true
  }

  // Usercentrics, versions 2 and 3: the service named TikTok, else all services.
  const usercentrics = () => {
    const two = win.UC_UI, three = win.__ucCmp
    if (!two && !three) return false
    const read = guard(() => {
      if (three && typeof three.getConsentDetails === 'function') {
        return three.getConsentDetails().then(guard(found => {
          const services = Object.keys(found.services || {}).map(id => found.services[id])
          const ours = services.filter(service => /tiktok/i.test(service.name))
          const all = (found.consent || {}).status === 'ALL_ACCEPTED'
          choice('usercentrics', ours.length ? ours.every(service => (service.consent || {}).given) : all,
            (found.consent || {}).type === 'EXPLICIT')
        }))
      }
      if (!two.isInitialized()) return
      return Promise.resolve(two.getServicesBaseInfo()).then(guard(found => {
        const ours = found.filter(service => /tiktok/i.test(service.name))
        choice('usercentrics', ours.length ? ours.every(service => service.consent.status)
          : two.areAllConsentsAccepted(), two.isConsentRequired && !two.isConsentRequired())
      }))
    })
    on(win, ['UC_UI_INITIALIZED', 'UC_UI_CMP_EVENT', 'UC_CONSENT'], read)
    report('usercentrics', 'pending')
    read()
    return true
  }

  // WordPress consent API: wordpress.org/plugins/wp-consent-api. Its state does not tell a visitor who denied
  // from one who has not decided, so that only a change to "deny" is a no; and a yes is the visitor's own where
  // the site asks for one ("optin").
  const wordpress = () => {
    if (typeof win.wp_has_consent !== 'function') return false
    const allowed = win.wp_has_consent('marketing')
    choice('wordpress', allowed, allowed && /optin/.test(win.wp_consent_type))
    on(doc, ['wp_listen_for_consent_change'], event => {
      const answer = (event.detail || {}).marketing
      if (answer) choice('wordpress', answer === 'allow', true)
    })
    return true
  }

  // Platforms load when they like: look for each until it is there.
  let waiting = [tcf, shopify, cookiebot, onetrust, usercentrics, wordpress], looks = 0
  const look = () => {
    waiting = waiting.filter(adapter => !guard(adapter)())
    guard(googleMode)() // last: its default may be a yes that another platform has yet to ask for
    if (looks++ < 120) setTimeout(look, 250)
  }
  look()
})()
