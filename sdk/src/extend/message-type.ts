/**
 * A kind of message: what its `content` means. The server stores any type and any text; clients that do not know a type
 * show its preview, or nothing.
 */
export interface MessageType<Content> {
  /** The wire's `type`. */
  readonly type: string
  /** To the text that is stored. */
  encode(content: Content): string
  /** From the text that is stored. Throws for what is no content of this type. */
  decode(text: string): Content
  /** One line for lists and notifications. */
  preview(content: Content): string
}

/** What `defineMessageType` takes; only `type` must be given. */
export interface MessageTypeSpec<Content> {
  type: string
  /** `JSON.stringify` unless given. */
  encode?(content: Content): string
  /** `JSON.parse` unless given. Throw for what does not fit: what others send is theirs to choose. */
  decode?(text: string): Content
  /** `[type]` unless given. */
  preview?(content: Content): string
}

/**
 * A kind of message of your own.
 *
 * @example
 * const vote = defineMessageType<{ question: string; options: string[] }>({
 *   type: 'vote',
 *   preview: ({ question }) => `Vote: ${question}`,
 * })
 * session.send(vote, { question: 'Lunch?', options: ['yes', 'no'] })
 */
export function defineMessageType<Content>(spec: MessageTypeSpec<Content>): MessageType<Content> {
  return {
    type: spec.type,
    encode: spec.encode ?? ((content) => JSON.stringify(content)),
    decode: spec.decode ?? ((text) => JSON.parse(text) as Content),
    preview: spec.preview ?? (() => `[${spec.type}]`),
  }
}

/** Of `text`, `system`, `task` and `av`. */
export interface TextContent {
  text: string
}

/** `src` and `thumbnail` are paths below `/v1/`; see `client.files.urlOf`. */
export interface ImageContent {
  src: string
  thumbnail: string
  width: number
  height: number
}

/** A file that is shown by its name. */
export interface FileContent {
  src: string
  name: string
  /** Bytes. */
  size: number
}

/** A film, with a still of it. */
export interface VideoContent {
  src: string
  thumbnail: string
  name: string
  width: number
  height: number
}

/** A recording. */
export interface AudioContent {
  src: string
  /** Length in seconds. */
  second: number
}

/** A place, in degrees, with a picture of the map around it. */
export interface LocationContent {
  thumbnail: string
  longitude: number
  latitude: number
  width: number
  height: number
}

/** Old clients send text that is no JSON now and then; it is shown as it is. (yun2win.md §1.8) */
function decodeText(text: string): TextContent {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'text' in value) return { text: String(value.text) }
    return { text: typeof value === 'string' ? value : text }
  } catch {
    return { text }
  }
}

const ofText = (type: string) =>
  defineMessageType<TextContent>({ type, decode: decodeText, preview: ({ text }) => text })

/** The types that every yun2win client knows. (yun2win.md §1.8) */
export const text = ofText('text')
/** What the server says: members that come and go, calls, what was recalled. */
export const system = ofText('system')
/** What yun2win clients say of tasks. */
export const task = ofText('task')
/** The end of an audio or video call. */
export const av = ofText('av')
/** A picture. */
export const image = defineMessageType<ImageContent>({ type: 'image' })
/** Any other file. */
export const file = defineMessageType<FileContent>({ type: 'file', preview: ({ name }) => `[file] ${name}` })
/** A film. */
export const video = defineMessageType<VideoContent>({ type: 'video' })
/** A recording. */
export const audio = defineMessageType<AudioContent>({ type: 'audio' })
/** A place on the map. */
export const location = defineMessageType<LocationContent>({ type: 'location' })

/** A kind of message, whatever its content. */
// biome-ignore lint/suspicious/noExplicitAny: each type knows its own content
export type AnyMessageType = MessageType<any>

const BUILT_IN: readonly AnyMessageType[] = [text, system, task, av, image, file, video, audio, location]

/** The types a client knows, the app's own first. */
export class MessageTypes {
  #types: Map<string, AnyMessageType>

  constructor(own: readonly AnyMessageType[] = []) {
    this.#types = new Map([...BUILT_IN, ...own].map((type) => [type.type, type]))
  }

  /** The content as its type reads it; of unknown types what JSON makes of it, and of what nobody can read the text. */
  decode(type: string, content: string): unknown {
    try {
      return (this.#types.get(type) ?? UNKNOWN).decode(content)
    } catch {
      return content
    }
  }

  preview(type: string, content: string): string {
    try {
      const known = this.#types.get(type)
      return known ? known.preview(known.decode(content)) : `[${type}]`
    } catch {
      return `[${type}]`
    }
  }
}

const UNKNOWN = defineMessageType<unknown>({ type: '' })
