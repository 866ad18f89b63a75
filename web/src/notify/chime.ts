/** Two notes (Hz), and when (s) each begins. */
const NOTES: [pitch: number, at: number][] = [
  [587, 0],
  [880, 0.11],
]
const LOUDNESS = 0.07
const NOTE_S = 0.32
/** At most one in so many ms. */
const PAUSE_MS = 1000

/** A short soft sound, made here: there is nothing to load. */
class Chime {
  #audio: AudioContext | undefined
  #lastAt = Number.NEGATIVE_INFINITY

  /** Browsers let pages be heard only after a click or a key in them: silent until then. */
  play(): void {
    if (navigator.userActivation?.hasBeenActive === false) return
    if (performance.now() - this.#lastAt < PAUSE_MS) return
    this.#lastAt = performance.now()
    try {
      this.#audio ??= new AudioContext()
      void this.#audio.resume()
      for (const [pitch, at] of NOTES) this.#note(this.#audio, pitch, this.#audio.currentTime + at)
    } catch {
      // A machine without sound.
    }
  }

  #note(audio: AudioContext, pitch: number, at: number): void {
    const tone = audio.createOscillator()
    const volume = audio.createGain()
    tone.frequency.value = pitch
    volume.gain.setValueAtTime(0, at)
    volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.012)
    volume.gain.exponentialRampToValueAtTime(0.0001, at + NOTE_S)
    tone.connect(volume).connect(audio.destination)
    tone.start(at)
    tone.stop(at + NOTE_S)
  }
}

export const chime = new Chime()
