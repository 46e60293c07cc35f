'use client';

import { parseTemplate, renderTemplate } from '@prompt-card/cards';
import { type FormEvent, useRef, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { TextArea } from '../../components/field.tsx';
import { PromptPreview } from './prompt-preview.tsx';
import styles from './try-card.module.css';

/** Fills a template's variables and shows the prompt as it grows. Empty inputs count as missing. */
export function TryCard({ template: source }: { readonly template: string }) {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [refused, setRefused] = useState(false);
  const [copied, setCopied] = useState<'yes' | 'by-hand'>();
  const form = useRef<HTMLFormElement>(null);
  const preview = useRef<HTMLPreElement>(null);

  const parsed = parseTemplate(source);
  if (!parsed.ok) return <p>This template cannot be read: {parsed.problems[0]?.message}.</p>;

  const { template } = parsed;
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
  const rendered = renderTemplate(template, given);
  const missing = rendered.ok ? [] : rendered.missing;

  const copy = async (event: FormEvent) => {
    event.preventDefault();
    if (!rendered.ok) {
      setRefused(true);
      const first = form.current?.elements.namedItem(rendered.missing[0] ?? '');
      if (first instanceof HTMLElement) first.focus();
      return;
    }
    const written = await copyText(rendered.prompt);
    if (!written && preview.current) window.getSelection()?.selectAllChildren(preview.current);
    setCopied(written ? 'yes' : 'by-hand');
  };

  return (
    <form ref={form} className={styles.try} noValidate onSubmit={(event) => void copy(event)}>
      <section className={styles.values} aria-labelledby="values">
        <h2 id="values">Values</h2>
        {template.variables.length === 0 ? (
          <p className={styles.note}>This card has no variables: it is ready to use.</p>
        ) : (
          template.variables.map((name) => (
            <TextArea
              key={name}
              label={name}
              name={name}
              rows={2}
              value={values[name] ?? ''}
              onValueChange={(value) => {
                setValues({ ...values, [name]: value });
                setCopied(undefined);
              }}
              error={refused && missing.includes(name) ? 'needs a value' : undefined}
            />
          ))
        )}
      </section>
      <section className={styles.prompt} aria-labelledby="prompt">
        <div className={styles.bar}>
          <h2 id="prompt">Prompt</h2>
          <Button type="submit" look="primary">
            Copy prompt
          </Button>
        </div>
        <p className={styles.note} role="status">
          {statusOf(template.variables.length, missing.length, copied)}
        </p>
        <PromptPreview ref={preview} template={template} values={given} />
      </section>
    </form>
  );
}

function statusOf(total: number, missing: number, copied: 'yes' | 'by-hand' | undefined): string {
  if (missing > 0) return `${total - missing} of ${total} values filled in`;
  if (copied === 'yes') return 'Copied';
  if (copied === 'by-hand')
    return 'Copying is not allowed here: the prompt is selected, copy it by hand';
  return 'Ready to use';
}

/** False where the browser does not let pages write to the clipboard, for example without https. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
