/** Sizes that every part of the product keeps to; lengths count UTF-16 code units. */
export const cardLimits = {
  titleLength: 200,
  descriptionLength: 2_000,
  templateLength: 100_000,
  variableCount: 100,
  variableNameLength: 64,
  tagCount: 20,
  tagLength: 50,
} as const;
