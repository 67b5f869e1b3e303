// The demo shop's own script: products, a cart in sessionStorage, a consent banner, and what a real shop would call.
(function () {
  'use strict'
  const PRODUCTS = {
    'SKU-1001': { name: 'Trail shoe', price: 129.9, color: '#c7dfe0' },
    'SKU-2002': { name: 'Enamel mug', price: 12, color: '#e6dcc6' },
    'SKU-3003': { name: 'Rain jacket', price: 89.5, color: '#d5d9ee' }
  }
  const CURRENCY = 'EUR'
  const find = id => document.getElementById(id)
  const parameter = name => new URLSearchParams(location.search).get(name) || ''
  const money = value => value.toFixed(2) + ' ' + CURRENCY
  const kept = name => JSON.parse(sessionStorage.getItem(name) || '{}')
  const cart = () => kept('cart')
  const contents = items => Object.keys(items).map(sku => ({
    content_id: sku, content_name: PRODUCTS[sku].name, content_type: 'product', price: PRODUCTS[sku].price,
    quantity: items[sku]
  }))
  const total = items => Math.round(Object.keys(items).reduce(
    (sum, sku) => sum + PRODUCTS[sku].price * items[sku], 0) * 100) / 100
  const sale = items => ({ contents: contents(items), content_type: 'product', value: total(items), currency: CURRENCY })
  const row = (...cells) => {
    const line = document.createElement('tr')
    cells.forEach((cell, index) => {
      const made = document.createElement(index ? 'td' : 'th')
      made.textContent = cell
      line.append(made)
    })
    return line
  }

  // A consent platform in small: the shop remembers the answer and gives it to the tag on each page.
  const answer = value => {
    localStorage.setItem('shop_consent', value)
    ttRelay('consent', value)
    find('banner').remove()
  }
  const known = localStorage.getItem('shop_consent')
  if (known) {
    ttRelay('consent', known)
    find('banner').remove()
  } else {
    find('yes').addEventListener('click', () => answer('granted'))
    find('no').addEventListener('click', () => answer('denied'))
  }
  find('withdraw').addEventListener('click', () => {
    localStorage.removeItem('shop_consent')
    ttRelay('consent', 'denied')
    setTimeout(() => location.reload(), 300)
  })
  find('search').addEventListener('submit', event => {
    event.preventDefault()
    ttRelay('track', 'Search', { search_string: find('query').value })
    find('found').textContent = 'Searched for “' + find('query').value + '”.'
  })

  const pages = {
    index () {
      Object.keys(PRODUCTS).forEach(sku => {
        const product = PRODUCTS[sku], card = find('card').content.cloneNode(true)
        card.querySelector('.picture').style.background = product.color
        card.querySelector('a').textContent = product.name
        card.querySelector('a').href = 'product.html?sku=' + sku
        card.querySelector('.price').textContent = money(product.price)
        find('products').append(card)
      })
    },
    product () {
      const sku = PRODUCTS[parameter('sku')] ? parameter('sku') : 'SKU-1001', product = PRODUCTS[sku]
      find('name').textContent = product.name
      find('picture').style.background = product.color
      find('price').textContent = money(product.price)
      ttRelay('track', 'ViewContent', sale({ [sku]: 1 }))
      find('add').addEventListener('click', () => {
        const items = cart()
        items[sku] = (items[sku] || 0) + 1
        sessionStorage.setItem('cart', JSON.stringify(items))
        ttRelay('track', 'AddToCart', sale({ [sku]: 1 }))
        find('added').hidden = false
      })
    },
    cart () {
      const items = cart()
      contents(items).forEach(item => find('lines').append(
        row(item.content_name, String(item.quantity), money(item.price * item.quantity))))
      find('lines').append(row('Total', '', money(total(items))))
    },
    checkout () {
      const items = cart()
      if (!sessionStorage.getItem('session')) {
        sessionStorage.setItem('session', 'cs_live_demo' + Math.random().toString(36).slice(2, 14))
      }
      const session = sessionStorage.getItem('session')
      find('total').textContent = money(total(items))
      ttRelay('track', 'InitiateCheckout', Object.assign({ session_id: session }, sale(items)))
      let visit = ''
      ttRelay('visit', id => { visit = id })
      find('pay').addEventListener('submit', event => {
        event.preventDefault()
        const email = find('email').value
        ttRelay('identify', { email })
        ttRelay('track', 'AddPaymentInfo', Object.assign({ session_id: session }, sale(items)))
        // A real shop makes a Checkout Session or a payment link here, with client_reference_id = visit.
        fetch('pay', { method: 'POST', body: JSON.stringify({ session, visit, email, value: total(items) }) })
          .then(response => response.json())
          .then(() => {
            // The next purchase is another one: with a cart and a session of its own.
            sessionStorage.setItem('paid', JSON.stringify(items))
            sessionStorage.removeItem('cart')
            sessionStorage.removeItem('session')
            location.href = 'thanks.html?session_id=' + encodeURIComponent(session)
          })
          .catch(() => { find('found').textContent = 'The webhook did not reach the relay. Pay again.' })
      })
    },
    thanks () {
      const session = parameter('session_id'), items = kept('paid')
      find('order').textContent = session
      if (Object.keys(items).length) ttRelay('track', 'Purchase', Object.assign({ session_id: session }, sale(items)))
      const show = () => fetch('received?event_id=' + encodeURIComponent(session)).then(response => response.json())
        .then(found => {
          find('received').textContent = ''
          found.forEach(event => {
            const user = event.item.user || {}
            find('received').append(row(event.event, 'received ' + event.received + ', counted ' + event.counted,
              Object.keys(user).sort().join(', ')))
          })
          setTimeout(show, 1000)
        })
        .catch(() => { find('received').textContent = 'The shop or the simulator was stopped.' })
      show()
    }
  }
  pages[document.body.dataset.page]()

  // What TikTok's pixel was called with, on this page.
  const showPixel = () => {
    const calls = Array.from(window.ttq || []).filter(call => call[0] === 'track')
    find('pixel').textContent = ''
    calls.forEach(call => find('pixel').append(row(call[1], (call[3] || {}).event_id || '')))
    setTimeout(showPixel, 500)
  }
  showPixel()
})()
