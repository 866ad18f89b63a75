import express from 'express'

/**
 * What Express itself costs: an app with nothing but a JSON parser, that answers every POST and GET with the JSON it
 * was given on the command line. Nobody is asked who he is, and nothing is stored. Arguments: port, then the JSON.
 */
const [port, json] = process.argv.slice(2) as [string, string]
const answer = JSON.parse(json)
const app = express()
app.use(express.json())
app.post('/v1/sessions/:sessionId/messages', (req, res) => {
  res.json({ ...answer, content: req.body.content })
})
app.get('/{*path}', (_req, res) => {
  res.json(answer)
})
app.listen(Number(port), '127.0.0.1')
