#include "score/urgency_words.h"

#include <stddef.h>

const struct urgency_word urgency_words[] = {
    /* danger to people or property */
    {"notfall", 1}, {"lebensgefahr", 1}, {"feuerwehr", 1}, {"notruf", 1}, {"notarzt", 1},
    {"rettungsdienst", 1}, {"rauchentwicklung", 1}, {"brandgefahr", 1}, {"stromschlag", 1},
    {"gasgeruch", 1}, {"emergency", 1}, {"life threatening", 1}, {"ambulance", 1},
    {"fire brigade", 1}, {"electric shock", 1}, {"caught fire", 1}, {"gas leak", 1},
    {"suicidal", 1}, {"suizid", 1},
    /* fraud, theft and leaks */
    {"betrug", 0.9}, {"betrogen", 0.9}, {"gehackt", 0.9}, {"datenleck", 0.9}, {"datenpanne", 0.9},
    {"identitätsdiebstahl", 0.9}, {"abgebucht", 0.9}, {"doppelt abgebucht", 0.9},
    {"phishing", 0.9}, {"konto gesperrt", 0.9}, {"fraud", 0.9}, {"scammed", 0.9}, {"hacked", 0.9},
    {"data breach", 0.9}, {"data leak", 0.9}, {"identity theft", 0.9},
    {"unauthorised charge", 0.9}, {"unauthorized charge", 0.9}, {"charged twice", 0.9},
    {"stolen", 0.9}, {"account locked", 0.9},
    /* lawyers, press, authorities */
    {"anwalt", 0.8}, {"rechtsanwalt", 0.8}, {"anzeige erstattet", 0.8}, {"klage", 0.8},
    {"abmahnung", 0.8}, {"verbraucherzentrale", 0.8}, {"bundesnetzagentur", 0.8}, {"presse", 0.8},
    {"fristlos", 0.8}, {"datenschutzbeauftragter", 0.8}, {"lawyer", 0.8}, {"attorney", 0.8},
    {"legal action", 0.8}, {"lawsuit", 0.8}, {"sue you", 0.8}, {"regulator", 0.8},
    {"ombudsman", 0.8}, {"consumer protection", 0.8}, {"data protection officer", 0.8},
    /* it does not work now */
    {"ausfall", 0.7}, {"störung", 0.7}, {"netzausfall", 0.7}, {"kein netz", 0.7},
    {"kein internet", 0.7}, {"kein empfang", 0.7}, {"kein signal", 0.7},
    {"nichts geht mehr", 0.7}, {"geht nicht mehr", 0.7}, {"funktioniert nicht", 0.7},
    {"totalausfall", 0.7}, {"seit gestern", 0.7}, {"seit stunden", 0.7},
    {"seit tagen", 0.7}, {"outage", 0.7}, {"down again", 0.7}, {"is down", 0.7},
    {"no service", 0.7}, {"no signal", 0.7}, {"no internet", 0.7}, {"not working", 0.7},
    {"stopped working", 0.7}, {"doesn't work", 0.7}, {"can't connect", 0.7},
    {"cannot connect", 0.7}, {"since yesterday", 0.7}, {"for hours", 0.7}, {"for days", 0.7},
    /* a deadline */
    {"dringend", 0.7}, {"eilig", 0.7}, {"sofort", 0.7}, {"umgehend", 0.7},
    {"schnellstmöglich", 0.7}, {"so schnell wie möglich", 0.7}, {"frist", 0.7},
    {"fristende", 0.7}, {"heute noch", 0.7}, {"bis morgen", 0.7}, {"letzte mahnung", 0.7},
    {"letzte chance", 0.7}, {"urgent", 0.7}, {"urgently", 0.7}, {"asap", 0.7},
    {"immediately", 0.7}, {"right now", 0.7}, {"deadline", 0.7}, {"as soon as possible", 0.7},
    {"by tomorrow", 0.7}, {"by tonight", 0.7}, {"last warning", 0.7}, {"final notice", 0.7},
    /* about to leave */
    {"kündige", 0.6}, {"kündigen", 0.6}, {"kündigung", 0.6}, {"anbieter wechseln", 0.6},
    {"wechsle den anbieter", 0.6}, {"nie wieder", 0.6}, {"cancel my contract", 0.6},
    {"cancelling", 0.6}, {"canceling", 0.6}, {"switching provider", 0.6}, {"leaving you", 0.6},
    {"never again", 0.6},
    /* waiting in vain */
    {"keine antwort", 0.5}, {"niemand meldet sich", 0.5}, {"keiner meldet sich", 0.5},
    {"warteschleife", 0.5}, {"warte seit", 0.5}, {"immer noch nicht", 0.5},
    {"zum dritten mal", 0.5}, {"bitte um rückruf", 0.5}, {"hilfe", 0.5}, {"brauche hilfe", 0.5},
    {"no reply", 0.5}, {"no response", 0.5}, {"nobody answers", 0.5}, {"on hold", 0.5},
    {"still waiting", 0.5}, {"third time", 0.5}, {"please help", 0.5}, {"need help", 0.5},
    {"help me", 0.5},
    {NULL, 0},
};
