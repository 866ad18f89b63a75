import { NudgeError } from 'nudge-sdk'
import { defineTexts, type Translations } from '../i18n/texts'

/** What is said of a failure, by the code of the NudgeError. */
export const errorTexts = defineTexts({
  en: {
    Unreachable: 'The server cannot be reached. Check your connection and try again.',
    NotLoggedIn: 'You are not logged in.',
    Cancelled: 'Cancelled.',
    FileMissing: 'The file was lost when the page was loaded anew. Please send it again.',
    WrongCredentials: 'The account or the password is wrong.',
    InvalidToken: 'Your login has ended. Please log in again.',
    NotAllowed: 'You are not allowed to do that.',
    NotFound: 'Not found.',
    AlreadyExists: 'That exists already.',
    Conflict: 'That cannot be done right now.',
    InvalidParameter: 'Something you entered is not valid.',
    InvalidRequest: 'Something you entered is not valid.',
    InvalidClient: 'This app is not known to the server.',
    TooLarge: 'That is too large.',
    QuotaExceeded: 'Your storage is full.',
    UnsupportedMediaType: 'Files of this type are not accepted.',
    TooManyRequests: 'That was too fast. Please wait a moment.',
    Internal: 'Something went wrong on the server.',
    Unavailable: 'The server is not available right now.',
    unknown: 'Something went wrong.',
  },
  zh: {
    Unreachable: '无法连接服务器，请检查网络后重试。',
    NotLoggedIn: '您尚未登录。',
    Cancelled: '已取消。',
    FileMissing: '页面重新加载时文件丢失，请重新发送。',
    WrongCredentials: '账号或密码错误。',
    InvalidToken: '登录已失效，请重新登录。',
    NotAllowed: '您没有权限执行此操作。',
    NotFound: '未找到。',
    AlreadyExists: '已存在。',
    Conflict: '目前无法执行此操作。',
    InvalidParameter: '输入的内容无效。',
    InvalidRequest: '输入的内容无效。',
    InvalidClient: '服务器不认识此应用。',
    TooLarge: '内容过大。',
    QuotaExceeded: '您的存储空间已满。',
    UnsupportedMediaType: '不支持此类型的文件。',
    TooManyRequests: '操作太频繁，请稍候。',
    Internal: '服务器出错了。',
    Unavailable: '服务器暂时不可用。',
    unknown: '出错了。',
  },
})

type ErrorTexts = typeof errorTexts extends Translations<infer T> ? { [Key in keyof T]: string } : never

/** What to tell a user of an error. */
export function describeError(error: unknown, texts: ErrorTexts): string {
  if (!(error instanceof NudgeError)) return texts.unknown
  return (texts as Record<string, string>)[error.code] ?? texts.unknown
}
