/* schema.c - the catalogue's tables, and how an older catalogue becomes this one. */
#include <errno.h>

#include "base/text.h"
#include "store/inner.h"
#include "store/row.h"

/* "DLOT", so that file(1) and schema_open() can tell a catalogue from any other database. */
enum { APPLICATION_ID = 0x444c4f54 };

/* Ids are never reused (AUTOINCREMENT): inode numbers are made from them.
 * offer.raw and the long texts of object come last in their rows: a row is read only as far as its last column asked.
 * object_front and object_host serve the scheduler (due.c), object_alive the start, object_state the summary,
 * object_ended its last lines.  tally holds number and held bytes of the rows in each state, so that totals need no
 * count.  pos is the byte offset of a line in all of `events` ever written; generation.start where a generation begins.
 * gone: bytes to unlink, written with the row that frees them; gen 0: a spool file of that number. */
static const char version_1[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE offer(id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, latest INTEGER NOT NULL,"
    " base TEXT, media_type TEXT, outside INTEGER NOT NULL, added INTEGER NOT NULL, raw BLOB NOT NULL);"
    "CREATE UNIQUE INDEX offer_source ON offer(source) WHERE latest = 1;"
    "CREATE INDEX offer_latest ON offer(id) WHERE latest = 1;"
    "CREATE TABLE object(id INTEGER PRIMARY KEY AUTOINCREMENT, offer INTEGER NOT NULL, dir INTEGER NOT NULL,"
    " part INTEGER NOT NULL, name TEXT NOT NULL, folder INTEGER NOT NULL,"
    " state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 15), cause INTEGER NOT NULL,"
    " size INTEGER NOT NULL, total INTEGER NOT NULL, have INTEGER NOT NULL, best INTEGER NOT NULL, gen INTEGER NOT "
    "NULL,"
    " pin INTEGER NOT NULL, ranges INTEGER NOT NULL, attempts INTEGER NOT NULL, fails INTEGER NOT NULL,"
    " streak INTEGER NOT NULL, restarts INTEGER NOT NULL, oddities INTEGER NOT NULL, short_at INTEGER NOT NULL,"
    " idle INTEGER NOT NULL, idle_since INTEGER NOT NULL, due INTEGER NOT NULL, report INTEGER NOT NULL,"
    " report_tries INTEGER NOT NULL, report_tries_max INTEGER NOT NULL, added INTEGER NOT NULL,"
    " started INTEGER NOT NULL, touched INTEGER NOT NULL, ended INTEGER NOT NULL, host TEXT NOT NULL,"
    " report_answer TEXT NOT NULL, type TEXT NOT NULL, modified TEXT NOT NULL, etag TEXT NOT NULL, digest TEXT NOT "
    "NULL,"
    " detail TEXT NOT NULL, effective TEXT NOT NULL);"
    "CREATE UNIQUE INDEX object_name ON object(dir, name);"
    "CREATE INDEX object_offer ON object(offer);"
    "CREATE INDEX object_folder ON object(folder, dir, id);"
    "CREATE INDEX object_front ON object(due, id, host) WHERE " ROW_WAITS ";"
    "CREATE INDEX object_host ON object(host, due) WHERE " ROW_WAITS ";"
    "CREATE INDEX object_alive ON object(id) WHERE " ROW_ALIVE ";"
    "CREATE INDEX object_state ON object(state, id) WHERE " ROW_ALIVE ";"
    "CREATE INDEX object_ended ON object(ended) WHERE ended > 0;"
    "CREATE TABLE report(id INTEGER PRIMARY KEY AUTOINCREMENT, object INTEGER NOT NULL, code INTEGER NOT NULL,"
    " tries INTEGER NOT NULL, decides INTEGER NOT NULL, lost INTEGER NOT NULL, outside INTEGER NOT NULL, added INTEGER "
    "NOT NULL,"
    " due INTEGER NOT NULL, url TEXT NOT NULL);"
    "CREATE INDEX report_object ON report(object, id);"
    "CREATE INDEX report_due ON report(due) WHERE due > 0;"
    "CREATE TABLE gone(id INTEGER NOT NULL, gen INTEGER NOT NULL, PRIMARY KEY(id, gen)) WITHOUT ROWID;"
    "CREATE TABLE event(pos INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL, line BLOB NOT NULL);"
    "CREATE TABLE generation(gen INTEGER PRIMARY KEY, start INTEGER NOT NULL);"
    "INSERT INTO generation(gen, start) VALUES (1, 0);"
    "CREATE TABLE tally(state INTEGER PRIMARY KEY, n INTEGER NOT NULL, bytes INTEGER NOT NULL);"
    "INSERT INTO tally(state, n, bytes) VALUES (0,0,0), (1,0,0), (2,0,0), (3,0,0), (4,0,0), (5,0,0), (6,0,0), (7,0,0),"
    " (8,0,0), (9,0,0), (10,0,0), (11,0,0), (12,0,0), (13,0,0), (14,0,0), (15,0,0);"
    "CREATE TRIGGER object_added AFTER INSERT ON object BEGIN"
    " UPDATE tally SET n = n + 1, bytes = bytes + NEW.have WHERE state = NEW.state; END;"
    "CREATE TRIGGER object_removed AFTER DELETE ON object BEGIN"
    " UPDATE tally SET n = n - 1, bytes = bytes - OLD.have WHERE state = OLD.state; END;"
    "CREATE TRIGGER object_moved AFTER UPDATE OF state ON object WHEN OLD.state <> NEW.state BEGIN"
    " UPDATE tally SET n = n - 1, bytes = bytes - OLD.have WHERE state = OLD.state;"
    " UPDATE tally SET n = n + 1, bytes = bytes + NEW.have WHERE state = NEW.state; END;"
    "CREATE TRIGGER object_grew AFTER UPDATE OF have ON object WHEN OLD.state = NEW.state AND OLD.have <> NEW.have"
    " BEGIN UPDATE tally SET bytes = bytes + NEW.have - OLD.have WHERE state = NEW.state; END;";

/* migrations[v] makes version v + 1 out of version v. */
static const char *const migrations[] = {version_1};
enum { NEWEST = sizeof(migrations) / sizeof(*migrations) };

static int migrate(struct sql *q, int version)
{
    int rc = sql_script(q, "BEGIN IMMEDIATE");
    for (int v = version; rc == 0 && v < NEWEST; v++)
        rc = sql_script(q, migrations[v]);
    char pragma[96];
    if (rc == 0)
        rc = text_format(pragma, sizeof(pragma), "PRAGMA application_id = %d; PRAGMA user_version = %d",
                         (int)APPLICATION_ID, (int)NEWEST);
    if (rc == 0)
        rc = sql_script(q, pragma);
    return rc == 0 ? sql_script(q, "COMMIT") : rc;
}

int schema_open(struct sql *q, const char *path, char *why, size_t why_n)
{
    int64_t version = 0, application = 0, tables = 0;
    int rc = sql_number(q, "PRAGMA user_version", &version);
    if (rc == 0)
        rc = sql_number(q, "PRAGMA application_id", &application);
    if (rc == 0)
        rc = sql_number(q, "SELECT count(*) FROM sqlite_master", &tables);
    if (rc < 0) {
        (void)text_format(why, why_n, "%s: %s", path, sql_words(q));
        return rc;
    }
    if (tables > 0 && application != APPLICATION_ID) {
        (void)text_format(why, why_n, "%s: a database of another program", path);
        return -EUCLEAN;
    }
    if (version > NEWEST) {
        (void)text_format(why, why_n, "%s: written by a newer version (schema %lld, this one knows %d)", path,
                          (long long)version, (int)NEWEST);
        return -EPROTO;
    }
    if (version < NEWEST)
        rc = migrate(q, (int)version);
    if (rc < 0)
        (void)text_format(why, why_n, "%s: cannot make the tables: %s", path, sql_words(q));
    return rc;
}
