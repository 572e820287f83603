// The connection to the server: it comes back by itself, and says when it is gone.

const SILENT_AFTER = 4000; // milliseconds; the server beats once a second
const AGAIN_AFTER = 1000;

export class Stream {
  // `heard` gets the name and the data of an event, `changed` whether there is a connection.
  constructor(address, heard, changed) {
    this.address = address;
    this.heard = heard;
    this.changed = changed;
    this.source = null;
    this.last = performance.now();
    this.connect();
    setInterval(() => this.watch(), 1000);
  }

  connect() {
    this.source?.close();
    this.last = performance.now();
    this.source = new EventSource(this.address);
    for (const name of ["hello", "beat", "board"]) {
      this.source.addEventListener(name, (event) => {
        this.last = performance.now();
        this.changed(true);
        this.heard(name, event.data);
      });
    }
    this.source.addEventListener("error", () => {
      this.changed(false);
      if (this.source.readyState !== EventSource.CLOSED) return;
      this.askWhetherAllowed();
      setTimeout(() => this.connect(), AGAIN_AFTER);
    });
  }

  // Who has lost the role for this page, or whose session is over, gets the page to sign in.
  async askWhetherAllowed() {
    const answer = await fetch(location.href, { method: "HEAD" }).catch(() => null);
    if (answer?.status === 401 || answer?.status === 403) location.reload();
  }

  watch() {
    if (performance.now() - this.last <= SILENT_AFTER) return;
    this.changed(false);
    this.connect();
  }
}
