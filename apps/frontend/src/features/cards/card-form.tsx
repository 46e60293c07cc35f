'use client';

import { cardLimits, parseTemplate } from '@prompt-card/cards';
import type { CreateCard, Problem } from '@prompt-card/contract';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { TextArea, TextField } from '../../components/field.tsx';
import { LiveStatus } from '../../components/live-status.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { type CardDraft, type DraftErrors, checkDraft, errorsByField } from './card-draft.ts';
import styles from './card-form.module.css';
import { VariableName } from './variable-name.tsx';

interface CardFormProps {
  readonly initial: CardDraft;
  readonly submitLabel: string;
  readonly focusOnMount?: boolean;
  /** Resolves to what is wrong, or to nothing when the form has done its work. */
  readonly onSubmit: (fields: CreateCard) => Promise<Problem | undefined>;
  /** Further ways out, beside the submit button. */
  readonly children?: ReactNode;
}

const noErrors: DraftErrors = { fields: {}, others: [] };

/** Writes a card. Errors stand at their fields, and the first of them gets the focus. */
export function CardForm(props: CardFormProps) {
  const { initial, submitLabel, focusOnMount = false, onSubmit, children } = props;
  const [draft, setDraft] = useState(initial);
  const [errors, setErrors] = useState(noErrors);
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const [refusals, setRefusals] = useState(0);
  const form = useRef<HTMLFormElement>(null);

  // After the errors are on the page, so that the focused field is read out together with its own.
  useEffect(() => {
    if (refusals === 0) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [refusals]);

  useEffect(() => {
    if (focusOnMount) form.current?.querySelector('input')?.focus();
  }, [focusOnMount]);

  const refuse = (errors: DraftErrors) => {
    setErrors(errors);
    setRefusals((count) => count + 1);
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setProblem(undefined);
    const checked = checkDraft(draft);
    if (!checked.ok) return refuse(checked.errors);
    setErrors(noErrors);
    setBusy(true);
    const problem = await onSubmit(checked.fields);
    setBusy(false);
    if (problem === undefined) return;
    const errors = errorsByField(problem.errors ?? []);
    // Errors at their fields speak for themselves; anything else needs the notice.
    if (Object.keys(errors.fields).length === 0 || errors.others.length > 0) {
      setProblem({ ...problem, errors: errors.others.length > 0 ? [...errors.others] : undefined });
    }
    refuse(errors);
  };

  const change = (part: Partial<CardDraft>) => {
    const next = { ...draft, ...part };
    setDraft(next);
    // An error that was shown goes as soon as it is mended; typing alone never makes a new one.
    const still = checkDraft(next);
    setErrors(({ fields, others }) => ({ fields: stillWrong(fields, part, still), others }));
  };

  const field = (name: keyof CardDraft) => ({
    name,
    value: draft[name],
    onValueChange: (value: string) => change({ [name]: value }),
    error: errors.fields[name],
  });

  return (
    <form ref={form} className={styles.form} noValidate onSubmit={(event) => void submit(event)}>
      <TextField label="Title" {...field('title')} />
      <TextArea label="Description" optional rows={2} {...field('description')} />
      <TextArea
        label="Template"
        code
        rows={12}
        hint={errors.fields.template ? undefined : <TemplateHint template={draft.template} />}
        {...field('template')}
      />
      <TextField
        label="Tags"
        optional
        hint={`Separated by commas, up to ${cardLimits.tagCount}.`}
        {...field('tags')}
      />
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
      <div className={styles.actions}>
        <Button type="submit" look="primary" busy={busy}>
          {busy ? 'Saving…' : submitLabel}
        </Button>
        {children}
      </div>
      <LiveStatus>{busy ? 'Saving' : ''}</LiveStatus>
    </form>
  );
}

function stillWrong(
  shown: DraftErrors['fields'],
  changed: Partial<CardDraft>,
  checked: ReturnType<typeof checkDraft>,
): DraftErrors['fields'] {
  const current = checked.ok ? {} : checked.errors.fields;
  const kept = Object.entries(shown).flatMap(([name, message]) => {
    if (!Object.hasOwn(changed, name)) return [[name, message]];
    const now = current[name as keyof CardDraft];
    return now === undefined ? [] : [[name, now]];
  });
  return Object.fromEntries(kept);
}

/** What the template asks for, while it is being written. */
function TemplateHint({ template }: { readonly template: string }) {
  const parsed = parseTemplate(template);
  if (!parsed.ok) {
    return <span>Some variables cannot be read yet. Write them as {'{{ name }}'}.</span>;
  }
  const { variables } = parsed.template;
  if (variables.length === 0) {
    return <span>Write {'{{ name }}'} for what changes from one use to the next.</span>;
  }
  return (
    <span className={styles.variables}>
      Variables:
      {variables.map((name) => (
        <VariableName key={name} name={name} />
      ))}
    </span>
  );
}
