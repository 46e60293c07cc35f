import type { Template, VariableValues } from '@prompt-card/cards';
import type { Ref } from 'react';
import styles from './prompt-preview.module.css';
import { VariableName } from './variable-name.tsx';

interface PromptPreviewProps {
  readonly template: Template;
  readonly values: VariableValues;
  readonly ref?: Ref<HTMLPreElement>;
}

/** The prompt with values marked where they stand, and variables where values are still missing. */
export function PromptPreview({ template, values, ref }: PromptPreviewProps) {
  return (
    // Long prompts scroll inside their frame; the keyboard must get there too.
    <pre
      ref={ref}
      className={styles.preview}
      role="region"
      aria-label="Prompt preview"
      tabIndex={0}
    >
      {template.parts.map((part, index) => {
        if (part.kind === 'text') return part.text;
        const value = values[part.name];
        return value === undefined ? (
          <VariableName key={index} name={part.name} />
        ) : (
          <mark key={index} className={styles.value}>
            {value}
          </mark>
        );
      })}
    </pre>
  );
}
