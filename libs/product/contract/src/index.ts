/**
 * What backend and frontend say to each other.
 *
 * | route                              | request         | answer                              |
 * | ---------------------------------- | --------------- | ----------------------------------- |
 * | `GET /api/cards`                   | `cardListQuery` | 200 `cardPage`                      |
 * | `POST /api/cards`                  | `createCard`    | 201 `card`, `location`              |
 * | `GET /api/cards/{id}`              | `cardParams`    | 200 `card`                          |
 * | `PATCH /api/cards/{id}`            | `updateCard`    | 200 `card`, 409 on another version  |
 * | `POST /api/cards/{id}/archive`     | no body         | 200 `card`; archiving twice is fine |
 * | `GET /api/health`                  |                 | 200 `health`                        |
 * | `GET /api/health/comprehensive`    |                 | 200 or 503 `comprehensiveHealth`    |
 *
 * Every failure is a `problem`, sent as `application/problem+json`.
 */
export {
  archivedFilters,
  cardListQuery,
  cardPage,
  type ArchivedFilter,
  type CardListQuery,
  type CardListQueryInput,
  type CardPage,
} from './card-list.ts';
export {
  card,
  cardParams,
  createCard,
  updateCard,
  type Card,
  type CreateCard,
  type CreateCardInput,
  type UpdateCard,
} from './card.ts';
export { fieldErrors } from './field-errors.ts';
export {
  comprehensiveHealth,
  health,
  healthCheck,
  worstStatus,
  type ComprehensiveHealth,
  type Health,
  type HealthCheck,
  type HealthStatus,
} from './health.ts';
export {
  fieldError,
  problem,
  problemContentType,
  problemStatuses,
  type FieldError,
  type Problem,
  type ProblemCode,
} from './problem.ts';
