import { stored } from '../browser/stored'

/** Whether a soft sound tells of messages. */
export const soundChoice = stored('sound', true)

/** Whether the desktop shows messages that come while the page is hidden; the browser has to allow it, too. */
export const desktopChoice = stored('desktop-notifications', true)

/** Whether the user does not want to be offered them. */
export const offerDeclined = stored('desktop-offer-declined', false)
