package entity

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// PrivateMail reports whether addresses of the domain are anybody's, so that they say
// nothing about where somebody works.
func PrivateMail(domain string) bool {
	domain = strings.TrimSuffix(strings.ToLower(domain), ".")
	if ascii, err := lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return false
	}
	name, _, _ := strings.Cut(site, ".")
	return everywhere[name] || privateMail[site]
}

func set(lists ...string) map[string]bool {
	out := map[string]bool{}
	for _, list := range lists {
		for v := range strings.FieldsSeq(list) {
			out[v] = true
		}
	}
	return out
}

// everywhere are providers that have a domain in many countries: hotmail.it, yahoo.co.uk.
var everywhere = set(`hotmail yahoo ymail rocketmail outlook live msn gmx gmail googlemail yandex zoho protonmail aol myyahoo
	windowslive hushmail tutanota freenet vodafonemail`)

// privateMail are the providers that give addresses to the public: those with the most
// users of each country, from what the providers say of themselves.
var privateMail = set(
	// Worldwide.
	`icloud.com me.com mac.com aim.com proton.me pm.me passmail.net tuta.com tuta.io tutamail.com keemail.me fastmail.com
	fastmail.fm mail.com email.com duck.com mozmail.com hey.com inbox.com gmx.us caramail.com mailfence.com posteo.de posteo.net
	riseup.net disroot.org mailbox.org runbox.com startmail.com skiff.com usa.com usa.net europe.com consultant.com engineer.com
	dr.com post.com myself.com zohomail.com zohomail.eu mailo.com`,
	// Germany, Austria, Switzerland.
	`web.de t-online.de freenet.de arcor.de online.de onlinehome.de 1und1.de kabelmail.de unitybox.de vodafone.de o2online.de
	ewetel.net ewe.net netcologne.de osnanet.de email.de magenta.de aon.at chello.at a1.net utanet.at inode.at tele2.at kabsi.at
	gmail.at liwest.at drei.at bluewin.ch hispeed.ch sunrise.ch swissonline.ch bluemail.ch quickline.ch netplus.ch vtxnet.ch
	green.ch romandie.com tic.ch`,
	// France, Belgium, the Netherlands, Luxembourg.
	`free.fr orange.fr wanadoo.fr laposte.net sfr.fr neuf.fr bbox.fr numericable.fr cegetel.net club-internet.fr aliceadsl.fr
	noos.fr voila.fr 9online.fr dbmail.com netcourrier.com skynet.be telenet.be proximus.be belgacom.net scarlet.be voo.be
	pandora.be tvcablenet.be base.be ziggo.nl kpnmail.nl kpnplanet.nl planet.nl hetnet.nl home.nl upcmail.nl xs4all.nl casema.nl
	chello.nl quicknet.nl online.nl tele2.nl solcon.nl zonnet.nl wanadoo.nl pt.lu internet.lu`,
	// Italy, Spain, Portugal.
	`libero.it virgilio.it tiscali.it alice.it tin.it tim.it inwind.it iol.it fastwebnet.it email.it blu.it giallo.it poste.it
	aruba.it teletu.it vodafone.it telefonica.net terra.es movistar.es ono.com orange.es ya.com wanadoo.es euskaltel.net sapo.pt
	netcabo.pt clix.pt iol.pt mail.telepac.pt telepac.pt`,
	// Britain, Ireland.
	`btinternet.com btopenworld.com virginmedia.com virgin.net sky.com talktalk.net blueyonder.co.uk ntlworld.com tiscali.co.uk
	plus.com plusnet.com orange.net o2.co.uk freeserve.co.uk eircom.net iol.ie`,
	// The north.
	`telia.com comhem.se bredband.net spray.se home.se online.no broadpark.no frisurf.no lyse.net altibox.no mail.dk stofanet.dk
	jubii.dk tdcadsl.dk youmail.dk ofir.dk elisanet.fi kolumbus.fi luukku.com saunalahti.fi suomi24.fi pp.inet.fi inet.fi
	welho.com simnet.is`,
	// The east.
	`wp.pl o2.pl onet.pl onet.eu op.pl interia.pl interia.eu poczta.fm tlen.pl gazeta.pl vp.pl poczta.onet.pl seznam.cz email.cz
	centrum.cz volny.cz post.cz azet.sk zoznam.sk centrum.sk pobox.sk freemail.hu citromail.hu indamail.hu t-online.hu upcmail.hu
	abv.bg mail.bg dir.bg siol.net t-2.net net.hr inet.hr mail.ee inbox.lv apollo.lv one.lt takas.lt mail.ru bk.ru inbox.ru
	list.ru internet.ru rambler.ru ya.ru lenta.ru ukr.net i.ua mail.ua meta.ua bigmir.net tut.by mail.kz otenet.gr forthnet.gr
	in.gr windtools.gr mynet.com superonline.com ttmail.com`,
	// America.
	`comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net spectrum.net earthlink.net juno.com
	netzero.net optonline.net frontier.com frontiernet.net windstream.net centurylink.net roadrunner.com rr.com twc.com
	mindspring.com prodigy.net pacbell.net ameritech.net netscape.net peoplepc.com rogers.com bell.net sympatico.ca shaw.ca
	telus.net videotron.ca cogeco.ca eastlink.ca nb.aibn.com uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com
	r7.com oi.com.br zipmail.com.br prodigy.net.mx terra.com fibertel.com.ar arnet.com.ar speedy.com.ar ciudad.com.ar vtr.net
	cantv.net une.net.co`,
	// Asia, Africa, Oceania.
	`qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com 139.com 189.cn wo.cn aliyun.com 21cn.com tom.com
	vip.qq.com vip.163.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp i.softbank.jp au.com nifty.com biglobe.ne.jp ocn.ne.jp
	so-net.ne.jp excite.co.jp infoseek.jp naver.com hanmail.net daum.net nate.com kakao.com rediffmail.com sify.com indiatimes.com
	vsnl.net bsnl.in pchome.com.tw hinet.net seed.net.tw netvigator.com singnet.com.sg starhub.net.sg pacific.net.sg tm.net.my
	walla.co.il walla.com netvision.net.il bezeqint.net 012.net.il zahav.net.il emirates.net.ae etisalat.ae telkomsa.net
	mweb.co.za webmail.co.za vodamail.co.za absamail.co.za iafrica.com bigpond.com bigpond.net.au optusnet.com.au iinet.net.au
	tpg.com.au internode.on.net westnet.com.au dodo.com.au xtra.co.nz slingshot.co.nz vodafone.co.nz orcon.net.nz clear.net.nz`,
)
