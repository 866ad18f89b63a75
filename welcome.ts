import type { ApiConfig } from './api/config.js'

export interface WelcomeFacts {
  url: string
  push: { mqtt: number; ws: number; mqtts?: number; wss?: number }
  config: ApiConfig
}

/** What a newcomer reads after `npm start`. */
export function welcome({ url, push, config }: WelcomeFacts): string {
  const { host, dataDir, databaseUrl, defaultApp } = config
  const lines = [
    'Nudge is running.',
    '',
    ...(config.webDir === null ? [] : [`  Chat            ${url}`, '']),
    `  REST API        ${url}/v1, described at ${url}/docs`,
    `  MQTT            mqtt://${host}:${push.mqtt}`,
    `  MQTT over WS    ws://${host}:${push.ws}`,
    ...(push.mqtts ? [`  with TLS        mqtts://${host}:${push.mqtts} and wss://${host}:${push.wss}`] : []),
    `  Data            ${databaseUrl ? 'in the database of DATABASE_URL' : `PostgreSQL in ${dataDir}`}`,
    `  Default app     key ${defaultApp.key}`,
    '',
    config.webDir === null
      ? '  Try it:         the tour in README.md'
      : `  Try it:         open ${url} in two browsers, or take the tour in README.md`,
    '  Stop:           Ctrl-C',
    '',
  ]
  return lines.join('\n')
}
