"""Words that turn a comment round, by language. Data: folded when the module is loaded.

A word that means something harmless in another of the languages is left out: to miss a negation in
a rare phrase costs less than to hold back every comment in a large language.
"""
# ruff: noqa: RUF001, E501 - many scripts; a language a line

from __future__ import annotations

from mainstem.revos.triggers.folding import folded


def _folded(text: str) -> frozenset[str]:
    return frozenset(folded(word) for word in text.split())


def _idioms(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(folded(word) for word in line.split()) for line in text.splitlines() if line.strip()
    )


NEGATORS = _folded("""
    no not never without nor neither none nobody nothing cannot nope nah stop unsubscribe avoid skip ignore
    dont doesnt didnt isnt arent wasnt wont cant couldnt wouldnt shouldnt havent hasnt
    nicht kein keine keinen keinem keiner keines nie niemals ohne nein nix weder niemand
    nunca sin tampoco ningún ninguna jamás
    pas ne jamais sans aucun aucune rien non
    não nem nenhum nenhuma senza nessun nessuna
    niet geen nooit zonder inte inget utan aldrig ikke ingen uden uten
    nie bez nechci değil hayır yok tidak bukan tanpa jangan fără
    не нет без никогда ні لا ليس بدون مش לא בלי नहीं मत
""")
#: what stands before the t of an English contraction, which is split at its apostrophe
CONTRACTED = _folded(
    "don doesn didn isn aren wasn weren won wouldn can couldn shouldn haven hasn ain needn mustn"
)
#: phrases in which a negator negates nothing that matters here
HARMLESS = _idioms("""
    can t wait
    cannot wait
    cant wait
    couldn t wait
    not wait
    couldn t agree more
    not agree more
    no brainer
    no doubt
    without a doubt
    without doubt
    no problem
    no worries
    no spam
    not only
    not just
    not bad
    why not
    don t forget
    dont forget
    don t miss
    want to miss
    not miss
    t miss
    t want to miss
    not want to miss
    t know if
    t know how
    not connected
    t connected
    not yet connected
    not sure if
    no time to
    nothing better
    never too late
    never enough
    non profit
    non stop
    no 1
    no code
    no nonsense
    nicht nur
    warum nicht
    kaum nicht
    nicht erwarten
    nicht abwarten
    nicht schlecht
    nicht vergessen
    nicht verpassen
    nicht vernetzt
    kein problem
    ohne frage
    ohne zweifel
    keine frage
    keine ahnung
    nichts wie
    no puedo esperar
    no me lo pierdo
    no me la pierdo
    no me lo quiero perder
    no me la quiero perder
    no olvides
    no solo
    no te olvides
    por que no
    sin duda
    sin dudarlo
    sin falta
    pas mal
    pas seulement
    pourquoi pas
    sans doute
    sans aucun doute
    sans hesiter
    pas hate
    ne pas oublier
    pas attendre
    non seulement
    non vedo l ora
    perche no
    nao vejo a hora
    nao posso esperar
    por que nao
    com certeza nao perco
    niet wachten
    waarom niet
""")
#: phrases that decline, wherever they stand
REFUSALS = _idioms("""
    no thanks
    no thank you
    no thx
    not interested
    not for me
    no interest
    leave me alone
    already have
    already got
    don t need it
    dont need it
    do not need it
    don t want it
    hab ich schon
    habe ich schon
    ya la tengo
    ya lo tengo
    je l ai deja
    stop spamming
    kein interesse
    nein danke
    kein bedarf
    brauche ich nicht
    nichts fur mich
    no gracias
    no me interesa
    no estoy interesado
    no estoy interesada
    no lo necesito
    no la necesito
    non merci
    pas interesse
    pas interessee
    ne m interesse pas
    sans facon
    no grazie
    non mi interessa
    nao obrigado
    nao obrigada
    nao tenho interesse
    geen interesse
    nee bedankt
    hayir tesekkurler
    nie dziekuje
    нет спасибо
    не интересно
""")
CONTRASTS = _folded(
    "but however though although aber sondern doch jedoch pero sino mais cependant ma però mas porém maar"
    " men ale lecz но а ama fakat tapi لكن אבל लेकिन"
)
#: a sentence with one of the first followed by one of the second asks
ASKING = _folded("""
    what whats where why which who how when whens wheres
    was wo wie warum wieso weshalb welche welcher welches wer wann woher
    que qué dónde cómo cuál quién cuándo cuánto por
    quoi où comment pourquoi quel quelle quand combien qui
    cosa dove come perché quale quanto onde qual quem
    wat waar hoe waarom welke wanneer co gdzie jak dlaczego czy ne nerede nasıl
    что где как почему когда зачем
""")
ASKED = _folded("""
    is are do does did can could will would should s re were to about much many long often exactly kind
    has have the a your this
    ist sind kann können koennen bekomme komme finde kriege geht soll muss macht steht gibt kommt viel lange genau
    es son está están puedo puede podría consigo tengo hay cuesta obtengo recibo que trata incluye
    est sont puis peut faire obtenir avoir recevoir peux je on ça coûte contient
    è sono posso può faccio costa são é posso pode faço
    trouver télécharger encontrar conseguir descargar trovare bekommt kriegt
    krijg kan vind zit jest są mogę dostanę nerede nasıl это получить мне можно
""")
#: exclamations that begin like questions
EXCLAIMED = _idioms("""
    what a
    what an
    was fur ein
    que bueno
    que buena
    que buen
    que gran
    que genial
    que interesante
    quel super
    quelle super
    quel bon
    how cool
    how great
    how awesome
    why not
    que legal
    che bello
""")
AUXILIARIES = _folded("""
    is are does do did can could will would may should have has was were am
    ist sind gibt kann könnte koennte hast habt hat bekomme bekommt darf wird gilt braucht lohnt
    est peux peut puis pouvez pourriez avez as y
    is kan heb heeft mag krijg
""")
SUBJECTS = _folded("""
    i you he she it we they this that there these those anyone someone anybody somebody
    ich du ihr der die das es man dieser diese wir sie den jemand sich
    ce tu je vous il elle on a
    ik je jij u het dit deze er
""")
#: first words that ask without an auxiliary
ASKING_ALONE = _folded(
    "puedo puedes podrías podría podemos tienes tienen existe posso puoi czy mogę можно"
)
#: whoever is told to comment a word, and those who do
TELLING = _folded("""
    comment comments commented type types typed write writes wrote say says said
    kommentiere kommentiert kommentieren schreib schreibe schreibt schreiben schrieb
    comenta comenten comentar comentan escribe escriban escriben escribir
    commentez commente commenter commentent écris écrivez écrire écrivent tapez
    commenta commentate scrivi scrivete comente comentem escreva escrevam typ schrijf reageer
    napisz напиши напишите yaz yazın
""")
TELLING_ONGOING = _folded(
    "commenting typing writing saying comentando escribiendo commentando scrivendo escrevendo"
)
TOLD_BEFORE = _folded(
    "just please simply einfach bitte and to und y et e o or oder solo simplement now jetzt"
)
TOLD_FILLERS = _folded(
    "the word with a das wort mit la palabra el con le mot avec il la o palavra de"
)
OTHERS = _folded("""
    everyone everybody people others they all someone folks
    alle leute andere jeder man todos gente todo tout monde gens tous tutti gente todos mundo iedereen
""")
#: words around a trigger that add nothing but manners
COURTESY = _folded("""
    please pls plz thanks thank you thx ty me i want need would like love to get the a an your this one it
    send sent interested yes yeah hi hello hey here for my in so much great awesome very cool want wanna ok
    bitte danke dankeschön gerne gern her damit mir ich will möchte hätte nehme den die das der ein eine
    schick schicke senden haben ja hallo moin super
    por favor porfa porfavor gracias hola quiero me interesa la el lo un una sí envía envíame mándame muchas
    svp stp merci bonjour s il te vous plaît je veux voudrais moi le les un une l oui preneur preneuse
    grazie ciao voglio vorrei obrigado obrigada quero oi dank graag ja tak dziękuję prosze спасибо пожалуйста
""")
UNSPACED_BEFORE = ("不", "别", "別", "没", "沒", "無", "无", "勿", "ไม่")
UNSPACED_AFTER = ("いらない", "要らない", "不要", "いりません", "必要ない", "不需要", "ไม่เอา")
UNSPACED_ASKING = (
    "吗",
    "嗎",
    "呢",
    "什么",
    "什麼",
    "怎么",
    "怎麼",
    "ですか",
    "ますか",
    "何",
    "どこ",
    "อะไร",
    "ไหม",
)
