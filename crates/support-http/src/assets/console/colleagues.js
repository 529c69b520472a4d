// To whom conversations can be given, by name. Only who may assign is told; for everybody else, and where nobody can say,
// there are ids. Asked when a conversation is opened, never by the clock.

export class Colleagues {
  #api;
  #mayAsk;
  #names = new Map();
  #known = new Map();

  constructor({ api, mayAsk }) {
    this.#api = api;
    this.#mayAsk = mayAsk;
  }

  /** Those who can have conversations of a country; the ones known before, or nobody, when it cannot be asked. */
  async list(countryCode) {
    if (!this.#mayAsk) return [];
    try {
      const admins = await this.#api.admins(countryCode);
      this.#known.set(countryCode, admins);
      admins.forEach(({ id, displayName }) => displayName && this.#names.set(id, displayName));
    } catch {
      // By id it works all the same.
    }
    return this.#known.get(countryCode) ?? [];
  }

  /** What somebody is called, as far as it is known; else the id. */
  nameOf(id) {
    return this.#names.get(id) ?? id;
  }
}
