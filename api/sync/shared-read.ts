import { GroupCommit } from './group-commit.js'

export interface SharedReadOptions<Question, Answer> {
  /** One statement: an answer to each question, in order. */
  find(questions: Question[]): Promise<Answer[]>
  maxBatch: number
  /** Questions that may wait in one lane before whoever asks is refused. */
  maxWaiting: number
  /** Statements at a time. One that takes long holds up the questions of its lane only. */
  lanes?: number
}

/** A read that many ask for at the same time: while one statement is under way, questions for the next one collect. */
export class SharedRead<Question, Answer> {
  readonly #questions: GroupCommit<Question, Answer>
  readonly #lanes: number

  constructor({ find, maxBatch, maxWaiting, lanes = 1 }: SharedReadOptions<Question, Answer>) {
    this.#lanes = lanes
    this.#questions = new GroupCommit({
      maxBatch,
      maxWaiting,
      run: async (_lane, questions) =>
        (await find(questions)).map((value) => ({ status: 'fulfilled', value })),
    })
  }

  /** `id`, a number as text, is what the question is about: it says which lane. Throws Unavailable. */
  ask(id: string, question: Question): Promise<Answer> {
    return this.#questions.submit(String(Number(id) % this.#lanes), question)
  }
}
