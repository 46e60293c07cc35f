export type { Card, CardChange, CardFields } from './card.ts';
export { cardLimits } from './limits.ts';
export { renderTemplate, type RenderedPrompt, type VariableValues } from './render.ts';
export {
  parseTemplate,
  type ParsedTemplate,
  type Template,
  type TemplatePart,
  type TemplatePosition,
  type TemplateProblem,
  type TemplateProblemCode,
} from './template.ts';
