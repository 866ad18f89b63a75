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
    `  REST API        ${url}/v1`,
    `  MQTT            mqtt://${host}:${push.mqtt}`,
    `  MQTT over WS    ws://${host}:${push.ws}`,
    ...(push.mqtts ? [`  with TLS        mqtts://${host}:${push.mqtts} and wss://${host}:${push.wss}`] : []),
    `  Data            ${databaseUrl ? 'in the database of DATABASE_URL' : `PostgreSQL in ${dataDir}`}`,
    `  Default app     key ${defaultApp.key}`,
    '',
    '  Try it:         the tour in README.md, starting with',
    `                  curl -s ${url}/v1/users/register -d email=alice@example.com -d password=secret -d name=Alice`,
    '  Stop:           Ctrl-C',
    '',
  ]
  return lines.join('\n')
}
