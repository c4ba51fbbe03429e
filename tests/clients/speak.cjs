// What a story wants said -> said by a real client. Arguments: which client, the hub's address, a write key, options (JSON).
// Each line in is `[verb, …arguments]`; each line out says that it is done: `{}`, or `{"error": …}`. The end of the input
// closes the client the way its maker wants it closed; the last line out lists what the client complained of.
'use strict'

const { createInterface } = require('node:readline')

const [client, host, writeKey, told] = process.argv.slice(2)
const options = JSON.parse(told || '{}')
const complaints = []

function complain(error) {
  const about = error && (error.reason || error.response || error)
  complaints.push(String((about && (about.message || about.statusText || about.status)) || about))
}

// Segment's client and customer.io's fork of it
function segment(Analytics) {
  const made = new Analytics({ host, writeKey, flushInterval: 200, ...options })
  made.on('error', complain)
  return {
    say: (verb, message) => made[verb](...message),
    end: () => made.closeAndFlush({ timeout: 20_000 }),
  }
}

const clients = {
  segment: () => segment(require('@segment/analytics-node').Analytics),
  customerio: () => segment(require('@customerio/cdp-analytics-node').Analytics),
  rudderstack: () => {
    const Analytics = require('@rudderstack/rudder-sdk-node')
    const made = new Analytics(writeKey, {
      dataPlaneUrl: host, flushInterval: 200, logLevel: 'none', errorHandler: complain,
      axiosRetryConfig: { retryDelay: () => 250 }, ...options,
    })
    const end = async () => {
      do await made.flush() // one flush sends one batch
      while (made.queue.length)
      await made.flush()
    }
    return { say: (verb, message) => made[verb](...message), end }
  },
  pipelines: () => {
    const { PipelinesClient } = require('customerio-node')
    const made = new PipelinesClient(writeKey, { url: `${host}/v1`, ...options })
    return { say: (verb, message) => made[verb](...message), end: () => undefined }
  },
}

async function main() {
  const speaking = clients[client]()
  const out = (what) => process.stdout.write(JSON.stringify(what) + '\n')
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, ...message] = JSON.parse(line)
    for (const one of message) if (one.timestamp) one.timestamp = new Date(one.timestamp)
    try {
      await speaking.say(verb, message)
      out({})
    } catch (error) {
      out({ error: String(error.message), status: error.statusCode })
    }
  }
  await Promise.resolve(speaking.end()).catch(complain)
  out({ complaints })
  process.exit(0)
}

main()
