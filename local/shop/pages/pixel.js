// A stand-in for TikTok's pixel, with its shape: an array whose methods push their names and arguments. The real
// snippet loads events.js, which then sends them; this one loads nothing.
(function () {
  const ttq = window.ttq = window.ttq || []
  ;['page', 'track', 'identify', 'load'].forEach(name => {
    ttq[name] = function () { ttq.push([name].concat(Array.from(arguments))) }
  })
  ttq._i = { '{{pixel}}': [] }
  ttq.page()
})()
