-- Built without keeping anybody from writing, which PostgreSQL allows outside a transaction only.
-- pum: no-transaction
create index concurrently pipe_laid_in on water.pipe (laid_in);
