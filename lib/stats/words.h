/* The words of table and page, in each language. */
#ifndef SME_STATS_WORDS_H
#define SME_STATS_WORDS_H

#include "stats/text.h"

/* WORD(name, English, German).  Safe as HTML. */
#define STATS_WORDS(WORD)                                                                          \
	WORD(TITLE, "Social media report", "Social-Media-Bericht")                                 \
	WORD(ALL_TENANTS, "All tenants", "Alle Mandanten")                                         \
	WORD(TENANT, "Tenant", "Mandant")                                                          \
	WORD(TENANTS, "Tenants", "Mandanten")                                                      \
	WORD(TO, "to", "bis")                                                                      \
	WORD(AS_OF, "as of", "Stand")                                                              \
	WORD(TIMES_IN, "times in", "Zeiten in")                                                    \
	WORD(AND_MORE, "and %zu more", "und %zu weitere")                                          \
	WORD(NO_MENTIONS, "No mentions.", "Keine Erwähnungen.")                                    \
	WORD(MENTIONS, "mentions", "Erwähnungen")                                                  \
	WORD(AUTHORS_OF, "authors", "Autoren")                                                     \
	WORD(EDITED, "edited", "bearbeitet")                                                       \
	WORD(DELETED, "deleted", "gelöscht")                                                       \
	WORD(OWN, "own posts", "eigene Beiträge")                                                  \
	WORD(DIRECT, "private", "privat")                                                          \
	WORD(UNDATED, "without a time", "ohne Zeit")                                               \
	WORD(EARLIER, "too old to be drawn", "zu alt für die Grafik")                              \
	WORD(LEFT_OUT, "left out", "ausgelassen")                                                  \
	WORD(OUTSIDE, "lines with mentions outside the time window",                               \
	    "Zeilen mit Erwähnungen außerhalb des Zeitfensters")                                   \
	WORD(SENTIMENT, "sentiment", "Stimmung")                                                   \
	WORD(NEGATIVE, "negative", "negativ")                                                      \
	WORD(NEUTRAL, "neutral", "neutral")                                                        \
	WORD(POSITIVE, "positive", "positiv")                                                      \
	WORD(UNCLEAR, "unclear", "unklar")                                                         \
	WORD(NOT_JUDGED, "not judged", "ohne Urteil")                                              \
	WORD(MEAN, "mean", "Mittel")                                                               \
	WORD(MEDIAN, "median", "Median")                                                           \
	WORD(P90, "90% within", "90\u00a0% in")                                                    \
	WORD(LONGEST, "longest", "längste")                                                        \
	WORD(ANSWERS, "answers", "Antworten")                                                      \
	WORD(ANSWERED, "answered", "beantwortet")                                                  \
	WORD(ANSWERED_OF, "answered", "beantwortet")                                               \
	WORD(OPEN, "open", "offen")                                                                \
	WORD(OVERDUE, "overdue", "überfällig")                                                     \
	WORD(IN_TIME, "in time", "rechtzeitig")                                                    \
	WORD(LATE, "late", "zu spät")                                                              \
	WORD(NO_ANSWER, "no answer needed", "keine Antwort nötig")                                 \
	WORD(ANSWER_TIME, "answer time", "Antwortzeit")                                            \
	WORD(ANSWER_TIMES, "Answer times", "Antwortzeiten")                                        \
	WORD(ALL_ANSWERS, "first answer", "erste Antwort")                                         \
	WORD(AUTOMATIC, "automatic", "automatisch")                                                \
	WORD(HUMAN, "by a person", "von Menschen")                                                 \
	WORD(NOT_STATED, "not stated", "nicht angegeben")                                          \
	WORD(OPEN_HOURS, "open hours", "Öffnungszeit")                                             \
	WORD(DRAFTS, "drafts", "Entwürfe")                                                         \
	WORD(SUGGESTED, "suggested", "vorgeschlagen")                                              \
	WORD(APPROVED, "approved", "freigegeben")                                                  \
	WORD(HELD, "held", "angehalten")                                                           \
	WORD(BUSIEST, "busiest hour", "stärkste Std.")                                             \
	WORD(BURST, "burst", "Welle")                                                              \
	WORD(BURSTS, "Bursts", "Wellen")                                                           \
	WORD(USUAL, "usual", "üblich")                                                             \
	WORD(NETWORKS, "networks", "Netzwerke")                                                    \
	WORD(LANGUAGES, "languages", "Sprachen")                                                   \
	WORD(QUEUES, "queues", "Warteschl.")                                                       \
	WORD(TOPICS, "topics", "Themen")                                                           \
	WORD(KEYWORDS, "keywords", "Stichwörter")                                                  \
	WORD(AUTHORS, "authors", "Autoren")                                                        \
	WORD(REACH, "reach", "Reichweite")                                                         \
	WORD(FOLLOWERS, "followers", "Follower")                                                   \
	WORD(CLASSIFY, "not known: no class in the events (sme-classify adds it)",                 \
	    "unbekannt: kein class in den Ereignissen (fügt sme-classify hinzu)")                  \
	WORD(VOLUME, "Mentions over time", "Erwähnungen im Zeitverlauf")                           \
	WORD(VOLUME_HOURS,                                                                         \
	    "Mentions per hour, and what the same hour of the other days brought on "              \
	    "average.",                                                                            \
	    "Erwähnungen je Stunde und was dieselbe Stunde der anderen Tage im Mittel "            \
	    "brachte.")                                                                            \
	WORD(VOLUME_PLAIN, "Mentions per hour.", "Erwähnungen je Stunde.")                         \
	WORD(VOLUME_DAYS, "Mentions per day.", "Erwähnungen je Tag.")                              \
	WORD(VOLUME_WEEKS, "Mentions per week.", "Erwähnungen je Woche.")                          \
	WORD(USUAL_HOUR, "usual for this hour", "üblich für diese Stunde")                         \
	WORD(SENTIMENT_TIME, "Sentiment over time", "Stimmung im Zeitverlauf")                     \
	WORD(SENTIMENT_DESC,                                                                       \
	    "Positive mentions above the line, negative ones below; neutral ones stand "           \
	    "in the table.",                                                                       \
	    "Positive Erwähnungen über der Linie, negative darunter; neutrale stehen in "          \
	    "der Tabelle.")                                                                        \
	WORD(OPEN_TIME, "Open and answered", "Offen und beantwortet")                              \
	WORD(OPEN_DESC,                                                                            \
	    "Mentions that were answered or still wait, by the time they were written.",           \
	    "Erwähnungen, die beantwortet sind oder noch warten, nach der Zeit, zu der "           \
	    "sie kamen.")                                                                          \
	WORD(TIMES_CHART,                                                                          \
	    "How long the first answer took",                                                      \
	    "Wie lange die erste Antwort dauerte")                                                 \
	WORD(TIMES_DESC,                                                                           \
	    "Answered mentions by the time to the first answer, and who gave it.",                 \
	    "Beantwortete Erwähnungen nach der Zeit bis zur ersten Antwort und wer sie "           \
	    "gab.")                                                                                \
	WORD(ANSWERED_WITHIN, "answered within", "beantwortet binnen")                             \
	WORD(WEEK, "When people write", "Wann geschrieben wird")                                   \
	WORD(WEEK_DESC,                                                                            \
	    "Mentions by weekday and hour: the stronger the colour, the more.",                    \
	    "Erwähnungen nach Wochentag und Stunde: je kräftiger, desto mehr.")                    \
	WORD(TABLE, "Show as a table", "Als Tabelle zeigen")                                       \
	WORD(TIME, "time", "Zeit")                                                                 \
	WORD(DAY, "day", "Tag")                                                                    \
	WORD(WEEK_OF, "week", "Woche")                                                             \
	WORD(HOUR, "hour", "Stunde")                                                               \
	WORD(N_MENTIONS, "mentions", "Anzahl")                                                     \
	WORD(BAR, "bar by sentiment", "Balken nach Stimmung")                                      \
	WORD(TOP_OF, "The first %zu of %llu.", "Die ersten %zu von %llu.")                         \
	WORD(NETWORK, "network", "Netzwerk")                                                       \
	WORD(QUEUE, "queue", "Warteschlange")                                                      \
	WORD(TOPIC, "topic", "Thema")                                                              \
	WORD(KEYWORD, "keyword", "Stichwort")                                                      \
	WORD(QUERY, "query", "Suche")                                                              \
	WORD(LANGUAGE, "language", "Sprache")                                                      \
	WORD(AUTHOR, "author", "Autor")                                                            \
	WORD(T_QUEUES, "Queues", "Warteschlangen")                                                 \
	WORD(T_NETWORKS, "Networks", "Netzwerke")                                                  \
	WORD(T_TOPICS, "Topics", "Themen")                                                         \
	WORD(T_KEYWORDS, "Keywords", "Stichwörter")                                                \
	WORD(T_QUERIES, "Queries", "Suchen")                                                       \
	WORD(T_LANGUAGES, "Languages", "Sprachen")                                                 \
	WORD(T_AUTHORS, "Authors by mentions", "Autoren nach Erwähnungen")                         \
	WORD(T_REACH, "Authors by reach", "Autoren nach Reichweite")                               \
	WORD(OVERVIEW, "Overview", "Überblick")                                                    \
	WORD(K_MENTIONS, "Mentions", "Erwähnungen")                                                \
	WORD(K_NEGATIVE, "Negative", "Negativ")                                                    \
	WORD(K_OPEN, "Open", "Offen")                                                              \
	WORD(K_ANSWERED, "Answered", "Beantwortet")                                                \
	WORD(K_TIME, "Median answer time", "Antwortzeit (Median)")                                 \
	WORD(OF, "of", "von")                                                                      \
	WORD(MOSTLY, "mostly", "vor allem")                                                        \
	WORD(USUALLY, "usually", "üblich")                                                         \
	WORD(WHO, "first answer by", "erste Antwort")                                              \
	WORD(COUNT, "answers", "Antworten")                                                        \
	WORD(ANYBODY, "anybody", "alle")                                                           \
	WORD(BY_AUTOMATIC, "a machine", "automatisch")                                             \
	WORD(BY_HUMAN, "a person", "Mensch")                                                       \
	WORD(BY_UNKNOWN, "not stated", "nicht angegeben")                                          \
	WORD(IN_OPEN_HOURS, "in open hours", "in der Öffnungszeit")                                \
	WORD(OLDEST_AGE, "oldest", "älteste")                                                      \
	WORD(COUNTING, "What the figures mean", "Was die Zahlen bedeuten")                         \
	WORD(D_MENTION,                                                                            \
	    "A mention is something that a person outside wrote. Each counts once, in "            \
	    "its latest version; one that was deleted still counts, but no longer as "             \
	    "open. Posts by own accounts do not count.",                                           \
	    "Eine Erwähnung ist etwas, das jemand von außen geschrieben hat. Jede zählt "          \
	    "einmal, in ihrer letzten Fassung; eine gelöschte zählt mit, aber nicht "              \
	    "mehr als offen. Beiträge eigener Konten zählen nicht.")                               \
	WORD(D_OPEN,                                                                               \
	    "Open is what needs an answer (a route gave it to a queue, it is private, "            \
	    "it addresses an own account or replies to an own post) and has none; "                \
	    "overdue is what is open past its due time.",                                          \
	    "Offen ist, was eine Antwort braucht (einer Warteschlange zugeteilt, "                 \
	    "privat, an ein eigenes Konto gerichtet oder Antwort auf einen eigenen "               \
	    "Beitrag) und keine hat; überfällig ist, was über seine Frist hinaus offen "           \
	    "ist.")                                                                                \
	WORD(D_TIME,                                                                               \
	    "Answer time is what passes from the mention to its first answer, nights and "         \
	    "holidays included. Median and 90% are times that did occur (nearest rank).",          \
	    "Antwortzeit ist, was von der Erwähnung bis zu ihrer ersten Antwort vergeht, "         \
	    "Nächte und Feiertage eingeschlossen. Median und 90\u00a0% sind Zeiten, die "          \
	    "wirklich vorkamen (nächster Rang).")                                                  \
	WORD(D_BURST,                                                                              \
	    "A burst is an hour with at least five mentions and more than the mean plus "          \
	    "three standard deviations of the same hour on the other days (at least "              \
	    "four).",                                                                              \
	    "Eine Welle ist eine Stunde mit mindestens fünf Erwähnungen und mehr als "             \
	    "dem Mittel plus drei Standardabweichungen derselben Stunde an den anderen "           \
	    "Tagen (mindestens vier).")                                                            \
	WORD(D_REACH,                                                                              \
	    "Reach is the highest reach (0 to 100) that sme-score gave a mention of the "          \
	    "author; negative shares are of the mentions with a sentiment.",                       \
	    "Reichweite ist die höchste Reichweite (0 bis 100), die sme-score einer "              \
	    "Erwähnung des Autors gab; Anteile negativer beziehen sich auf Erwähnungen "           \
	    "mit einer Stimmung.")

enum stats_word {
#define WORD(name, en, de) W_##name,
	STATS_WORDS(WORD)
#undef WORD
	    STATS_NWORDS
};

const char *stats_word(enum stats_lang lang, enum stats_word word);

#endif
