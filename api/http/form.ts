import type { RequestHandler } from 'express'

/**
 * jQuery 1.7 sends null as the literal text `null` in urlencoded bodies; such fields count as absent.
 * (yun2win.md §1.4)
 */
export const dropFormNulls: RequestHandler = (req, _res, next) => {
  if (req.is('application/x-www-form-urlencoded') && req.body) {
    req.body = Object.fromEntries(
      Object.entries(req.body).filter(([, value]) => value !== 'null' && value !== 'undefined'),
    )
  }
  next()
}
