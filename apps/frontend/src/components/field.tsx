import { type ComponentProps, type ReactNode, useId } from 'react';
import styles from './field.module.css';

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly onValueChange: (value: string) => void;
  readonly optional?: boolean;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
}

/** A one-line input with its label, hint and error, tied together for assistive technology. */
export function TextField(props: FieldProps & { readonly autoFocus?: boolean }) {
  return (
    <Frame {...props}>{(control) => <input {...control} type="text" autoComplete="off" />}</Frame>
  );
}

/** The same for text of several lines; `code` sets it in a monospaced face. */
export function TextArea({
  rows = 3,
  code = false,
  ...props
}: FieldProps & { readonly rows?: number; readonly code?: boolean }) {
  return (
    <Frame {...props}>
      {(control) => (
        <textarea
          {...control}
          rows={rows}
          spellCheck={!code}
          className={code ? `${control.className} ${styles.code}` : control.className}
        />
      )}
    </Frame>
  );
}

type Control = Pick<
  ComponentProps<'input'> & ComponentProps<'textarea'>,
  'id' | 'name' | 'value' | 'className' | 'aria-required' | 'aria-invalid' | 'aria-describedby'
> & { readonly onChange: (event: { readonly target: { readonly value: string } }) => void };

function Frame(props: FieldProps & { readonly children: (control: Control) => ReactNode }) {
  const id = useId();
  const { label, name, value, onValueChange, optional = false, hint, error, children } = props;
  const hintId = hint === undefined ? undefined : `${id}-hint`;
  const errorId = error === undefined ? undefined : `${id}-error`;
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
        {optional ? <span className={styles.optional}> (optional)</span> : null}
      </label>
      {children({
        id,
        name,
        value,
        className: styles.control,
        'aria-required': !optional,
        'aria-invalid': error !== undefined,
        'aria-describedby': [errorId, hintId].filter(Boolean).join(' ') || undefined,
        onChange: (event) => onValueChange(event.target.value),
      })}
      {error === undefined ? null : (
        <p className={styles.error} id={errorId}>
          {label} {error}
        </p>
      )}
      {hint === undefined ? null : (
        <div className={styles.hint} id={hintId}>
          {hint}
        </div>
      )}
    </div>
  );
}
