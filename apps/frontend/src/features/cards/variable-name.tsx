import styles from './variable-name.module.css';

/** A variable as it is written in a template. */
export function VariableName({ name }: { readonly name: string }) {
  return <code className={styles.name}>{`{{ ${name} }}`}</code>;
}
