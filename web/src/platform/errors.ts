import { NudgeError } from 'nudge-sdk'
import { defineTexts, type Translations } from '../i18n/texts'

/** What is said of a failure, by the code of the NudgeError. */
export const errorTexts = defineTexts({
  en: {
    Unreachable: 'The server cannot be reached. Check your connection and try again.',
    NotLoggedIn: 'You are not logged in.',
    Cancelled: 'Cancelled.',
    FileMissing: 'The file was lost when the page was reloaded. Please send it again.',
    WrongCredentials: 'Wrong account or password.',
    InvalidToken: 'You have been logged out. Please log in again.',
    NotAllowed: 'You are not allowed to do this.',
    NotFound: 'It is no longer there; it may have been deleted.',
    AlreadyExists: 'It already exists. If you do not see it, reload the page.',
    Conflict: 'This cannot be done right now.',
    InvalidParameter: 'Something you entered is not valid. Check it and try again.',
    InvalidRequest: 'Something you entered is not valid. Check it and try again.',
    InvalidClient: 'The server does not accept this app.',
    TooLarge: 'This is larger than the server accepts.',
    QuotaExceeded: 'Your storage is full.',
    UnsupportedMediaType: 'Files of this type are not accepted.',
    TooManyRequests: 'Too many attempts. Please wait a moment.',
    Internal: 'Something went wrong on the server. Try again in a moment.',
    Unavailable: 'The server is not available right now. Try again in a moment.',
    unknown: 'Something went wrong. Try again in a moment.',
  },
  zh: {
    Unreachable: '无法连接服务器，请检查网络后重试。',
    NotLoggedIn: '您尚未登录。',
    Cancelled: '已取消。',
    FileMissing: '页面重新加载后，文件已丢失，请重新发送。',
    WrongCredentials: '账号或密码错误。',
    InvalidToken: '登录已失效，请重新登录。',
    NotAllowed: '您没有权限执行此操作。',
    NotFound: '内容已不存在，可能已被删除。',
    AlreadyExists: '已存在。如未显示，请重新加载页面。',
    Conflict: '当前无法执行此操作。',
    InvalidParameter: '输入的内容有误，请检查后重试。',
    InvalidRequest: '输入的内容有误，请检查后重试。',
    InvalidClient: '应用未获服务器授权。',
    TooLarge: '超过服务器允许的大小。',
    QuotaExceeded: '您的存储空间已满。',
    UnsupportedMediaType: '不支持此类型的文件。',
    TooManyRequests: '操作过于频繁，请稍后再试。',
    Internal: '服务器出错了，请稍后重试。',
    Unavailable: '服务器暂时不可用，请稍后重试。',
    unknown: '出错了，请稍后重试。',
  },
})

type ErrorTexts = typeof errorTexts extends Translations<infer T> ? { [Key in keyof T]: string } : never

/** What to tell a user of an error. */
export function describeError(error: unknown, texts: ErrorTexts): string {
  if (!(error instanceof NudgeError)) return texts.unknown
  return (texts as Record<string, string>)[error.code] ?? texts.unknown
}
