import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import express, { type RequestHandler, Router } from 'express'
import { z } from 'zod'
import type { Json } from './openapi.js'
import { described } from './route.js'

const SWAGGER_UI = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
/** What the page needs of the package; the rest of it is not served. */
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']

const PAGE = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>Nudge: REST API</title>
  <link rel="icon" href="docs/favicon-32x32.png">
  <link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
  <div id="api"></div>
  <script src="docs/swagger-ui-bundle.js"></script>
  <script src="docs/start.js"></script>
</body>
</html>
`

const START = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#api',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  validatorUrl: null,
})
`

/**
 * Everything from here, nothing from elsewhere, no script inside the page. Swagger UI writes style attributes.
 * Unlike helmet's own policy this one does not ask for https, which a server in a local network does not have.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The OpenAPI document at /openapi.json, and a page to browse it at /docs. */
export function docsRoutes(document: () => Json): Router {
  const router = Router()
  router.get(
    '/openapi.json',
    described({ summary: 'This document', answer: z.record(z.string(), z.unknown()) }, (_req, res) => {
      res.json(document())
    }),
  )
  router.get(
    '/docs',
    described({ summary: 'This document, to browse', gives: ['text/html'] }, (req, res) => {
      // The page's addresses are relative, so that it works below another path behind a proxy.
      if (req.path.endsWith('/')) return res.redirect('../docs')
      res.setHeader('Content-Security-Policy', POLICY)
      res.type('html').send(PAGE)
    }),
  )
  router.use('/docs/start.js', answerScript)
  for (const name of ASSETS) {
    router.use(`/docs/${name}`, cacheForAnHour, express.static(join(SWAGGER_UI, name), { redirect: false }))
  }
  return router
}

const answerScript: RequestHandler = (_req, res) => {
  res.type('text/javascript').send(START)
}

const cacheForAnHour: RequestHandler = (_req, res, next) => {
  res.setHeader('Cache-Control', 'public, max-age=3600')
  next()
}
