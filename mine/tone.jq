# What the brands say, each in its own tone.  A brand's tables need only hold what it says
# differently; sme.jq makes snippets of them.

# While the network is down.  Only this and `closed` go out without anybody looking.
def outage: {
	sie: {
		de: "Guten Tag, unser Mobilfunk in Norddeutschland ist gestört, wir arbeiten mit aller Kraft daran. Der Notruf 112 geht. Alle 30 Minuten neu: {status}. Bitte entschuldigen Sie.",
		en: "Hello, our mobile network in northern Germany is down and we are working on it. Emergency calls to 112 get through. News every 30 minutes: {status}. We are sorry.",
		fr: "Bonjour, notre réseau mobile est en panne dans le nord de l'Allemagne, nous y travaillons. Le 112 fonctionne. Des nouvelles toutes les 30 minutes : {status}",
		es: "Hola, nuestra red móvil en el norte de Alemania está averiada y trabajamos en ello. El 112 funciona. Noticias cada 30 minutos: {status}",
		it: "Buonasera, la nostra rete mobile nel nord della Germania è guasta e ci stiamo lavorando. Il 112 funziona. Aggiornamenti ogni 30 minuti: {status}",
		pl: "Dzień dobry, nasza sieć komórkowa w północnych Niemczech nie działa, pracujemy nad tym. Numer 112 działa. Informacje co 30 minut: {status}",
		tr: "Merhaba, Kuzey Almanya'da mobil şebekemiz arızalı, üzerinde çalışıyoruz. 112 acil çağrı çalışıyor. Her 30 dakikada bilgi: {status}"
	},
	du: {
		de: "Hey {name}, bei uns ist im Norden gerade alles dunkel, alle sind dran. Die 112 geht! Alle 30 Minuten Neues: {status}. Sorry! 💜",
		en: "Hey {name}, our network in northern Germany is down and everybody is on it. 112 works! News every 30 minutes: {status}. Sorry! 💜",
		es: "¡Hola {name}! Nuestra red en el norte de Alemania está caída y estamos en ello. ¡El 112 funciona! Novedades cada 30 minutos: {status} 💜",
		it: "Ciao {name}, la rete nel nord della Germania è giù e ci stiamo lavorando. Il 112 funziona! Novità ogni 30 minuti: {status} 💜",
		tr: "Selam {name}, Kuzey Almanya'da şebekemiz çöktü, herkes başında. 112 çalışıyor! Her 30 dakikada haber: {status} 💜"
	}
};

# A private message outside the hours.
def closed: {
	sie: {
		de: "Guten Tag, Ihre Nachricht ist angekommen. Wir sind ab {opens_at} Uhr wieder für Sie da. Ist es dringend, erreichen Sie unseren Notdienst unter {phone}.",
		en: "Hello, your message has reached us. We are back at {opens_at}. If it is urgent, please call {phone} at any hour."
	},
	du: {
		de: "Hey {name}, Nachricht ist da! Wir sind ab {opens_at} Uhr wieder wach. SIM verloren? Sperren geht rund um die Uhr: {phone} 🦝",
		en: "Hey {name}, got your message! We are up again at {opens_at}. Lost your SIM? Block it at any hour: {phone} 🦝"
	}
};

# Drafts for the people at the desk, by topic.
def drafts: {
	sie: {
		fraud: {
			de: "Guten Tag, bitte geben Sie keine Daten ein und öffnen Sie den Link nicht: Das sind nicht wir. Haben Sie schon Daten genannt? Dann rufen Sie bitte gleich Ihre Bank und danach uns an: {phone}.",
			en: "Hello, please enter nothing and do not open the link: this is not us. If you already gave away data, call your bank first and then us: {phone}."
		},
		cancel: {
			de: "Guten Tag, das möchten wir gern in Ruhe mit Ihnen klären. Senden Sie uns bitte privat Ihre Kundennummer? Sie erhalten noch heute eine verbindliche Antwort.",
			en: "Hello, we would like to sort this out with you. Could you send us your customer number in private? You will have a binding answer today.",
			fr: "Bonjour, nous aimerions régler cela avec vous. Pourriez-vous nous envoyer votre numéro de client en privé ?"
		},
		billing: {
			de: "Guten Tag, das sehen wir uns gern an. Bitte senden Sie uns privat Ihre Kundennummer und die Nummer der Rechnung; was falsch berechnet wurde, erstatten wir.",
			en: "Hello, let us look into that. Please send us your customer number and the number of the bill in private; whatever was charged wrongly will be refunded.",
			fr: "Bonjour, nous allons vérifier. Merci de nous envoyer votre numéro de client et celui de la facture en privé.",
			it: "Buongiorno, verifichiamo subito. Ci scriva in privato il numero cliente e quello della bolletta, per favore.",
			pl: "Dzień dobry, sprawdzimy to. Proszę o numer klienta i numer rachunku w prywatnej wiadomości.",
			tr: "Merhaba, hemen inceleyelim. Lütfen müşteri ve fatura numaranızı özel mesajla gönderin.",
			es: "Buenos días, lo revisamos enseguida. Envíenos por privado su número de cliente y el de la factura, por favor."
		},
		router: {
			de: "Guten Tag, das Update 3.2.1 kommt am Dienstag. Bis dahin hilft in den Einstellungen des WLAN „Kanalwahl: fest“, zum Beispiel Kanal 36. Bleibt es dabei, tauschen wir die Box.",
			en: "Hello, update 3.2.1 arrives on Tuesday. Until then it helps to set a fixed Wi-Fi channel, such as 36. If that does not do, we exchange the box.",
			fr: "Bonjour, la mise à jour 3.2.1 arrive mardi. D'ici là, choisissez un canal WLAN fixe, par exemple 36.",
			es: "Hola, la actualización 3.2.1 llega el martes. Hasta entonces ayuda fijar el canal wifi, por ejemplo el 36."
		},
		network: {
			de: "Guten Tag, das prüfen wir. Bitte senden Sie uns privat Ihre Kundennummer und die Anschrift, dann messen wir die Leitung durch und melden uns bis {due_at} Uhr.",
			en: "Hello, we will check that. Please send us your customer number and address in private; we measure the line and come back to you by {due_at}.",
			it: "Buongiorno, verifichiamo la linea. Ci scriva in privato il numero cliente e l'indirizzo, per favore."
		},
		order: {
			de: "Guten Tag, schön, dass Sie an uns denken. Nummer behalten geht immer, um die Kündigung beim alten Anbieter kümmern wir uns: {order}",
			en: "Hello, how nice of you to think of us. You can always keep your number, and we cancel the old contract for you: {order}",
			tr: "Merhaba, bizi düşündüğünüz için teşekkürler. Numaranızı koruyabilirsiniz: {order}"
		},
		praise: {
			de: "Das lesen wir gern, vielen Dank! Wir geben es an die Kolleginnen und Kollegen weiter.",
			en: "Thank you, that made our day. We pass it on to the team.",
			fr: "Merci beaucoup, nous transmettons à l'équipe !",
			es: "¡Muchas gracias! Se lo contamos al equipo.",
			it: "Grazie mille, lo riferiamo ai colleghi!",
			pl: "Bardzo dziękujemy, przekażemy zespołowi!",
			tr: "Çok teşekkür ederiz, ekibe ileteceğiz!"
		}
	},
	du: {
		fraud: {
			de: "Hey {name}, Finger weg von dem Link, das sind nicht wir! Schon was eingegeben? Dann erst die Bank anrufen, dann uns: {phone}",
			en: "Hey {name}, don't touch that link, it's not us! Typed something in already? Call your bank first, then us: {phone}"
		},
		cancel: {
			de: "Hey {name}, oh nein! Schick uns mal eine DM, wir schauen, ob wir das wieder hinbiegen.",
			en: "Hey {name}, oh no! Drop us a DM and we'll see if we can turn that around."
		},
		billing: {
			de: "Hey {name}, das schauen wir uns an! Schick uns deine Nummer per DM, zu viel Bezahltes kommt zurück 💸",
			en: "Hey {name}, let's have a look! DM us your number, anything charged twice comes back 💸"
		},
		app: {
			de: "Hey {name}, bitte einmal auf 7.0.1 aktualisieren, damit startet die App wieder. Guthaben geht auch mit *101# 💜",
			en: "Hey {name}, please update to 7.0.1, that one starts. Your balance also shows with *101# 💜",
			es: "¡Hola {name}! Actualiza a la 7.0.1 y la app arranca. El saldo también sale con *101# 💜",
			it: "Ciao {name}, aggiorna alla 7.0.1 e l'app riparte. Il credito lo vedi anche con *101# 💜"
		},
		network: {
			de: "Hey {name}, das klingt doof. Schick uns deine PLZ per DM, wir schauen auf die Zelle.",
			en: "Hey {name}, that's no fun. DM us your postcode and we'll look at the cell."
		},
		order: {
			de: "Hey {name}, herzlich willkommen! Karte bestellen, Nummer mitnehmen, fertig: {order} 🎉",
			en: "Hey {name}, welcome! Order a card, bring your number, done: {order} 🎉"
		},
		praise: {
			de: "Aww, danke {name}! Der Waschbär tanzt 🦝💜",
			en: "Aww, thank you {name}! The raccoon is dancing 🦝💜",
			es: "¡Gracias, {name}! El mapache baila 🦝💜",
			it: "Grazie {name}! Il procione balla 🦝💜",
			fr: "Merci {name} ! Le raton laveur danse 🦝💜"
		}
	}
};
