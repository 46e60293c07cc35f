CREATE TABLE "cards" (
	"id" uuid PRIMARY KEY NOT NULL,
	"title" text NOT NULL,
	"description" text NOT NULL,
	"template" text NOT NULL,
	"tags" text[] NOT NULL,
	"archived_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"version" integer NOT NULL,
	CONSTRAINT "cards_version_positive" CHECK ("cards"."version" > 0)
);
--> statement-breakpoint
CREATE INDEX "cards_by_change" ON "cards" USING btree ("updated_at","id");