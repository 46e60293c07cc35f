/** What a person writes on a card; everything else about it follows. */
export interface CardFields {
  readonly title: string;
  readonly description: string;
  /** A prompt with `{{ variables }}`, see `parseTemplate`. */
  readonly template: string;
  readonly tags: readonly string[];
}

/** A reusable prompt as it is kept. */
export interface Card extends CardFields {
  /** A UUID. */
  readonly id: string;
  /** The template's variables in order of first use; never written by hand. */
  readonly variables: readonly string[];
  /** When the card was put away, or null while it is in use. */
  readonly archivedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** 1 at creation, one more with each change; an update names the version it was based on. */
  readonly version: number;
}

/** The fields that an update replaces; an absent field stays as it is. */
export type CardChange = Partial<CardFields>;
