/** A hub's address and a write key -> what to paste: into a page, into a terminal. Pure. */

/** A text as a JavaScript string that may stand inside a page. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/</g, "\\u003c")
}

/** A text as one word of a shell. */
export function shelled(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`
}

/** For a web page: tells of each page, needs no other script. The key goes in the body, so that no preflight is asked. */
export function pageSnippet(hub: string, key: string): string {
  return `<script>
  (function (hub, key) {
    var id, fresh = function () { return Date.now().toString(36) + Math.random().toString(36).slice(2) };
    try { id = localStorage.harken || (localStorage.harken = fresh()) } catch (e) { id = fresh() }
    function send(type, more) {
      var page = { path: location.pathname, url: location.href, title: document.title, referrer: document.referrer };
      var said = { type: type, writeKey: key, anonymousId: id, messageId: fresh(), timestamp: new Date(), context: { page: page } };
      fetch(hub + "/v1/" + type, { method: "POST", keepalive: true, body: JSON.stringify(Object.assign(said, more)) });
    }
    window.harken = {
      page: function (name) { send("page", { name: name || "" }) },
      track: function (event, properties) { send("track", { event: event, properties: properties || {} }) },
      identify: function (user, traits) { send("identify", { userId: user, traits: traits || {} }) }
    };
    harken.page();
  })(${quoted(hub)}, ${quoted(key)});
</script>`
}

export function curlLine(hub: string, key: string): string {
  return `curl -u ${shelled(key)}: \\
  ${shelled(`${hub}/v1/track`)} \\
  -d '{"userId": "ada", "event": "Plan Viewed", "properties": {"plan": "gold"}}'`
}

export function importLine(): string {
  return "harken import visits.csv --who email=mail --time at --event page"
}

/** A secret key reads everything: it must never stand in a page. */
export function isSecret(key: string): boolean {
  return key.startsWith("hk_secret_")
}
