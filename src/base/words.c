/* words.c - the vocabulary: one table per enum. */
#include <dlota/words.h>

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct {
    const char *word;
    bool alive;
} states[] = {
    [DLOTA_UNCONFIRMED] = {"unconfirmed", true}, [DLOTA_QUEUED] = {"queued", true},
    [DLOTA_DOWNLOADING] = {"downloading", true}, [DLOTA_PAUSED] = {"paused", true},
    [DLOTA_INTERRUPTED] = {"interrupted", true}, [DLOTA_INSTALLING] = {"installing", true},
    [DLOTA_REPORTING] = {"reporting", true},     [DLOTA_RELEASED] = {"reporting", true},
    [DLOTA_INSTALLED] = {"installed", false},    [DLOTA_FAILED] = {"failed", false},
};

static const char *const folders[] = {
    [DLOTA_NOWHERE] = "nowhere",        [DLOTA_IN_PENDING] = "pending", [DLOTA_IN_PARTIAL] = "partial",
    [DLOTA_IN_INSTALLED] = "installed", [DLOTA_IN_FAILED] = "failed",
};

static const struct {
    const char *word;
    bool written; /* may be written to a status file */
} verbs[] = {
    [DLOTA_CONFIRM] = {"confirm", true}, [DLOTA_PAUSE] = {"pause", true}, [DLOTA_RESUME] = {"resume", true},
    [DLOTA_CANCEL] = {"cancel", true},   [DLOTA_RETRY] = {"retry", true}, [DLOTA_REMOVE] = {"remove", false},
};

enum { CODE_UPDATED = 0 }; /* its number is an option */

static const struct {
    unsigned code;
    const char *words;
} causes[] = {
    [DLOTA_NO_CAUSE] = {900, ""},
    [DLOTA_SUCCESS] = {900, "success"},
    [DLOTA_NO_ROOM] = {901, "disk full"},
    [DLOTA_NEVER_FITS] = {901, "too large"},
    [DLOTA_USER] = {902, "cancelled by the user"},
    [DLOTA_NETWORK_LOST] = {903, "network lost"},
    [DLOTA_NO_NETWORK] = {903, "no network"},
    [DLOTA_MISMATCH] = {905, "not what the descriptor says"},
    [DLOTA_BAD_DESCRIPTOR] = {906, "invalid descriptor"},
    [DLOTA_BAD_VERSION] = {951, "unsupported version"},
    [DLOTA_DEVICE] = {952, "device error"},
    [DLOTA_NOT_ACCEPTED] = {953, "type not accepted"},
    [DLOTA_NOT_LOADED] = {954, "cannot be loaded"},
    [DLOTA_SERVER_BUSY] = {954, "server busy"},
    [DLOTA_FOREIGN] = {954, "not our object"},
    [DLOTA_UPDATED] = {CODE_UPDATED, "changed on the server"},
    [DLOTA_REPORT_REFUSED] = {900, "report refused"},
    [DLOTA_REPORT_LOST] = {900, "report unanswered"},
    [DLOTA_NO_ANSWER] = {954, "no usable answer"},
};

/* The status codes of DLOTA 1.0 and 2.0.  955 and 957 are the same cause under the numbers of shipped agents and of the
 * change request. */
static const struct {
    unsigned code;
    const char *phrase;
} codes[] = {
    {900, "Success"},           {901, "Insufficient Memory"},  {902, "User Cancelled"},
    {903, "Loss of Service"},   {905, "Attribute mismatch"},   {906, "Invalid descriptor"},
    {951, "Invalid DDVersion"}, {952, "Device Aborted"},       {953, "Non-Acceptable Content"},
    {954, "Loader Error"},      {955, "Media Object Updated"}, {957, "Media Object Updated"},
    {970, "Mixed Status"},      {981, "Download Completion"},
};

const char *dlota_state_word(enum dlota_state state)
{
    return (size_t)state < COUNT(states) && states[state].word ? states[state].word : "?";
}

bool dlota_state_alive(enum dlota_state state) { return (size_t)state < COUNT(states) && states[state].alive; }

const char *dlota_folder_word(enum dlota_folder folder)
{
    return (size_t)folder < COUNT(folders) ? folders[folder] : "?";
}

enum dlota_verb dlota_verb_find(const char *word, size_t n)
{
    while (n > 0 && (word[n - 1] == ' ' || (word[n - 1] >= '\t' && word[n - 1] <= '\r')))
        n--;
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (verbs[i].written && strlen(verbs[i].word) == n && memcmp(verbs[i].word, word, n) == 0)
            return (enum dlota_verb)i;
    return (enum dlota_verb)0;
}

const char *dlota_verb_word(enum dlota_verb verb)
{
    return (size_t)verb < COUNT(verbs) && verbs[verb].word ? verbs[verb].word : "?";
}

const char *dlota_cause_words(enum dlota_cause cause)
{
    return (size_t)cause < COUNT(causes) ? causes[cause].words : "?";
}

unsigned dlota_cause_code(enum dlota_cause cause, unsigned updated_code)
{
    if ((size_t)cause >= COUNT(causes))
        return 0;
    return causes[cause].code == CODE_UPDATED ? updated_code : causes[cause].code;
}

const char *dlota_code_phrase(unsigned code)
{
    for (size_t i = 0; i < COUNT(codes); i++)
        if (codes[i].code == code)
            return codes[i].phrase;
    return "";
}
