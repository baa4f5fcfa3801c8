"""How do some languages written in Latin letters look? Everyday sentences and small words, written for this purpose."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["SAMPLES", "SMALL_WORDS"]

SMALL_WORDS: Mapping[str, str] = {
    "en": "the and of to in is it that was for on with as my not this but are have has had be been after when from "
    "very they we you i at an or again only all which there no does did will would cannot never every since",
    "fr": "le la les de des du un une et est à au aux en dans que qui ne pas pour sur avec ce cette il elle nous "
    "vous je mon ma mes son sa plus très après quand depuis mais ou où été était sont fait tout rien jamais "
    "chaque avant",
    "es": "el la los las de del un una y es en que no se por con para su al lo como más pero mi me ya muy cuando "
    "desde está están fue ha han hay sin sobre todo nada nunca cada después antes también le esta este porque "
    "tiene",
    "pt": "o a os as de do da dos das um uma e é em no na que não se por com para seu sua ao mais mas meu minha já "
    "muito quando desde está foi tem sem sobre tudo nada nunca cada depois antes também esta este porque ele "
    "ela você",
    "de": "der die das und ist in zu den nicht mit von auf für ein eine im dem des es auch sich nach bei wie an aus "
    "wenn aber nur noch mein meine ich wir sie sehr schon seit war hat haben wird wurde kein keine über immer "
    "nie",
    "it": "il lo la i gli le di del della un una e è in che non si per con da su al come più ma mio mia già molto "
    "quando sono stato ha hanno c'è senza tutto niente mai ogni dopo prima anche questa questo perché dalla "
    "nella",
    "id": "yang dan di ke dari ini itu tidak dengan untuk pada saya kami sudah ada bisa akan juga atau karena "
    "setelah baru lagi sangat mesin tetapi masih belum sejak sering kalau oleh satu hari bulan sampai harus "
    "apa dalam",
    "tr": "ve bir bu da de için ile çok ama ne değil var yok daha sonra kadar gibi her ben biz o en hiç sadece "
    "olarak makine oldu olan önce şimdi bana beni neden hala",
    "pl": "i w na z do nie się jest to że po jak ale od za przy już tylko przez dla czy być był było jego mój "
    "bardzo gdy kiedy nigdy każdy przed oraz tym",
}
SAMPLES: Mapping[str, str] = {
    "en": "We bought it last spring and it worked well until the weather turned cold. Now something is wrong and "
    "nobody answers the phone. The people at the shop were friendly, though they could not tell us what to "
    "do. Please send someone who knows how these things are put together. I have written three letters "
    "already. Water came through the roof, the light goes out, the wheel shakes, the belt slips and there is "
    "a strange smell. How long should one wait? Good quality for the price, easy to use, would buy again. Bad "
    "service, broken on arrival, money back. Engine, motor, oil, fuel, water, battery, screen, pump, hose, "
    "seal, brake, track, wheel, cable, switch, fan, starter, charger, noise, smoke, heat, leak, crack, rust. "
    "The engine does not start, loses power under load, runs rough, stalls, overheats, leaks below, makes a "
    "loud noise. Worn, torn, weak, loose, swollen, burnt, excellent, strong, value, worth, happy, "
    "disappointed, delivery, warranty, spare parts, refund. My neighbour told me that these machines run for "
    "years, which is why we chose this one. While working in the rain the light started blinking and then "
    "everything stopped. They promised a technician by Friday; we are still waiting. Cheap plastic parts snap "
    "off. The seat is comfortable, the handle vibrates, the gear grinds, the bolt fell off while digging. "
    "Quiet and easy.",
    "fr": "Nous l'avons acheté au printemps dernier et il marchait bien jusqu'au froid. Maintenant quelque chose ne "
    "va plus et personne ne répond au téléphone. Les gens du magasin étaient aimables, mais ils n'ont pas su "
    "nous dire quoi faire. Envoyez quelqu'un qui sait comment ces choses sont montées. J'ai déjà écrit trois "
    "lettres. L'eau passe par le toit, la lumière s'éteint, la roue tremble, la courroie patine et ça sent "
    "bizarre. Combien de temps faut-il attendre ? Bonne qualité pour le prix, facile à utiliser, je "
    "rachèterais. Mauvais service, cassé à l'arrivée, remboursez-moi. Moteur, huile, carburant, eau, "
    "batterie, écran, pompe, flexible, joint, frein, chenille, roue, câble, interrupteur, ventilateur, "
    "démarreur, chargeur, bruit, fumée, chaleur, fuite, fissure, rouille. Le moteur ne démarre pas, perd de "
    "la puissance, cale, chauffe trop, fuit par dessous, fait beaucoup de bruit. Usé, déchiré, faible, "
    "desserré, gonflée, brûlé, excellent, solide, content, déçu, livraison, garantie, pièces de rechange, "
    "panne, remboursement. Mon voisin m'a dit que ces machines tournent des années, c'est pourquoi nous avons "
    "choisi celle-ci. Pendant le travail sous la pluie, le voyant s'est mis à clignoter et tout s'est arrêté. "
    "On nous a promis un technicien pour vendredi ; nous l'attendons toujours. Le plastique casse net. La "
    "boîte de vitesses grince, la poignée vibre, le siège est confortable, la tête du boulon est tombée. S'il "
    "vous plaît, aidez-nous vite.",
    "es": "Lo compramos la primavera pasada y funcionaba bien hasta que llegó el frío. Ahora algo va mal y nadie "
    "contesta el teléfono. La gente de la tienda fue amable, aunque no supieron decirnos qué hacer. Manden a "
    "alguien que sepa cómo se montan estas cosas. Ya he escrito tres cartas. El agua entra por el techo, la "
    "luz se apaga, la rueda tiembla, la correa patina y hay un olor extraño. ¿Cuánto tiempo hay que esperar? "
    "Buena calidad por el precio, fácil de usar, lo compraría otra vez. Mal servicio, llegó roto, devuélvanme "
    "el dinero. Motor, aceite, combustible, agua, batería, pantalla, bomba, manguera, sello, freno, oruga, "
    "rueda, cable, interruptor, ventilador, arranque, cargador, ruido, humo, calor, fuga, grieta, óxido. El "
    "motor no arranca, pierde fuerza, se para, se calienta, gotea por debajo, hace ruido. Gastado, roto, "
    "débil, flojo, hinchada, quemado, excelente, fuerte, contento, decepcionado, entrega, garantía, "
    "repuestos, avería, reembolso. Mi vecino me dijo que estas máquinas duran años, por eso elegimos esta. "
    "Mientras trabajaba bajo la lluvia la luz empezó a parpadear y luego todo se detuvo. Nos prometieron un "
    "técnico para el viernes; todavía seguimos esperando. El plástico se partió. La caja de cambios rechina, "
    "el mango vibra, el asiento es cómodo, el tornillo se cayó. Los niños y los vecinos no se quejan. "
    "Ayúdenos, por favor.",
    "pt": "Compramos na primavera passada e funcionava bem até chegar o frio. Agora alguma coisa está errada e "
    "ninguém atende o telefone. As pessoas da loja foram simpáticas, mas não souberam dizer o que fazer. A "
    "água entra pelo telhado, a luz apaga, a roda treme e há um cheiro estranho. Quanto tempo devemos "
    "esperar? Boa qualidade pelo preço, fácil de usar. Mau serviço, chegou quebrado, quero o dinheiro de "
    "volta. A máquina não funciona. Motor, óleo, combustível, bateria, tela, bomba, mangueira, freio, roda, "
    "vazamento, ruído, fumaça, garantia, peças. O motor não liga. O meu vizinho disse que estas máquinas "
    "duram anos. Enquanto trabalhava na chuva a luz piscava e depois tudo parou. Ainda esperamos o técnico.",
    "de": "Wir haben es im letzten Frühling gekauft und bis zur Kälte lief es gut. Jetzt stimmt etwas nicht und "
    "niemand geht ans Telefon. Die Leute im Laden waren freundlich, konnten uns aber nicht sagen, was zu tun "
    "ist. Wasser kommt durch das Dach, das Licht geht aus, das Rad wackelt und es riecht seltsam. Wie lange "
    "soll man warten? Gute Qualität für den Preis, leicht zu bedienen. Schlechter Service, kaputt geliefert, "
    "Geld zurück. Motor, Öl, Kraftstoff, Batterie, Bildschirm, Pumpe, Schlauch, Dichtung, Bremse, Kette, "
    "Lärm, Rauch, Hitze, Leck, Riss. Der Motor springt nicht an, verliert Leistung, wird heiß. Garantie, "
    "Ersatzteile. Mein Nachbar sagte, dass diese Maschinen jahrelang laufen. Bei der Arbeit im Regen blinkte "
    "die Lampe und dann blieb alles stehen. Wir warten immer noch auf den Techniker.",
    "it": "L'abbiamo comprato la primavera scorsa e funzionava bene fino al freddo. Adesso qualcosa non va e "
    "nessuno risponde al telefono. Le persone del negozio sono state gentili, ma non hanno saputo dirci cosa "
    "fare. L'acqua entra dal tetto, la luce si spegne, la ruota trema e c'è uno strano odore. Quanto bisogna "
    "aspettare? Buona qualità per il prezzo, facile da usare. Pessimo servizio, arrivato rotto, rimborsatemi. "
    "Motore, olio, carburante, batteria, schermo, pompa, tubo, guarnizione, freno, rumore, fumo, calore, "
    "perdita, crepa. Il motore non parte. Garanzia, ricambi. Il mio vicino mi ha detto che queste macchine "
    "durano anni. Mentre lavoravamo sotto la pioggia la spia lampeggiava e poi tutto si è fermato. Aspettiamo "
    "ancora il tecnico. Nel cantiere la benna è caduta.",
    "id": "Kami membelinya musim lalu dan bekerja dengan baik sampai cuaca dingin. Sekarang ada yang rusak dan "
    "tidak ada yang menjawab telepon. Orang di toko ramah, tetapi mereka tidak tahu apa yang harus dilakukan. "
    "Air masuk dari atap, lampu mati, roda bergetar dan ada bau aneh. Berapa lama harus menunggu? Kualitas "
    "bagus untuk harganya, mudah digunakan. Pelayanan buruk, barang datang rusak, uang kembali. Mesin tidak "
    "mau hidup, tenaga berkurang.",
    "tr": "Geçen bahar aldık ve soğuk gelene kadar iyi çalıştı. Şimdi bir sorun var ve kimse telefona cevap "
    "vermiyor. Mağazadaki insanlar nazikti ama ne yapacağımızı söyleyemediler. Çatıdan su giriyor, ışık "
    "sönüyor, tekerlek titriyor ve garip bir koku var. Ne kadar beklemeliyiz? Fiyatına göre kaliteli, "
    "kullanımı kolay.",
    "pl": "Kupiliśmy go zeszłej wiosny i działał dobrze aż do mrozów. Teraz coś jest nie tak i nikt nie odbiera "
    "telefonu. Ludzie w sklepie byli mili, ale nie umieli powiedzieć, co robić. Woda wchodzi przez dach, "
    "światło gaśnie, koło drży i dziwnie pachnie. Jak długo trzeba czekać? Dobra jakość za tę cenę, łatwy w "
    "użyciu.",
}
