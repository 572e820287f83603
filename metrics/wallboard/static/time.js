// The server's clock, carried on by the browser between two beats, and how times are written.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LOCALES = { en: "en-GB", es: "es-ES" };

export class Clock {
  constructor(zone, language) {
    this.beat = null;
    this.heard = 0;
    const pad = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
    const locale = LOCALES[language];
    this.timeFormat = new Intl.DateTimeFormat(locale, pad);
    this.dateFormat = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", timeZone: zone });
  }

  hear(beat) {
    this.beat = beat;
    this.heard = performance.now();
  }

  silence() {
    return performance.now() - this.heard;
  }

  now() {
    return this.beat.now_ms + (this.beat.ticks ? this.silence() : 0);
  }

  // By the event clock the centre's clock stands where the newest event is.
  centre() {
    return this.beat.clock_ms + (this.beat.clock_ms === this.beat.now_ms && !this.beat.ticks ? 0 : this.silence());
  }

  age() {
    return this.beat.age_ms === null ? null : this.beat.age_ms + this.silence();
  }

  time() {
    return this.timeFormat.format(this.centre());
  }

  date() {
    return this.dateFormat.format(this.centre());
  }
}

const two = (number) => String(number).padStart(2, "0");

export function duration(ms, words) {
  const whole = Math.max(0, Math.floor(ms / SECOND)) * SECOND;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}:${two((whole % MINUTE) / SECOND)}`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)}\u00a0${words.hours}\u00a0${two(Math.floor((whole % HOUR) / MINUTE))}\u00a0${words.minutes}`;
  return `${Math.floor(whole / DAY)}\u00a0${words.days}\u00a0${Math.floor((whole % DAY) / HOUR)}\u00a0${words.hours}`;
}

export function shortAge(ms, words) {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))}\u00a0${words.seconds}`;
  return duration(ms, words);
}
