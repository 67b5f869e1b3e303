"""Countries and US states: spellings → code. Data only.

Codes of ISO 3166-1; English short names of ISO 3166, common English names, and the local names of the larger
markets, each in lower case and letters only, so that spelling differs less.
"""

from functools import cache
from typing import Final

# Two letters, three letters, names.
_COUNTRIES: Final[str] = """
ad and andorra
ae are unitedarabemirates الإماراتالعربيةالمتحدة الاماراتالعربيةالمتحدة uae
af afg afghanistan
ag atg antiguaandbarbuda antiguabarbuda
ai aia anguilla
al alb albania
am arm armenia
ao ago angola
aq ata antarctica
ar arg argentina
as asm americansamoa
at aut austria österreich osterreich
au aus australia
aw abw aruba
ax ala ålandislands alandislands
az aze azerbaijan
ba bih bosniaandherzegovina bosniaherzegovina
bb brb barbados
bd bgd bangladesh
be bel belgium belgië belgie belgique
bf bfa burkinafaso
bg bgr bulgaria
bh bhr bahrain
bi bdi burundi
bj ben benin
bl blm saintbarthélemy saintbarthelemy stbarthélemy stbarthelemy
bm bmu bermuda
bn brn bruneidarussalam brunei
bo bol bolivia boliviaplurinationalstateof
bq bes bonaire caribbeannetherlands bonairesainteustatiusandsaba bonairesinteustatiusandsaba
br bra brazil brasil
bs bhs bahamas thebahamas bahamasthe
bt btn bhutan
bv bvt bouvetisland
bw bwa botswana
by blr belarus
bz blz belize
ca can canada
cc cck cocoskeelingislands
cd cod congokinshasa democraticrepublicofthecongo drcongo congothedemocraticrepublicofthe
cf caf centralafricanrepublic
cg cog congo congobrazzaville republicofthecongo
ch che switzerland schweiz suisse svizzera
ci civ côtedivoire cotedivoire ivorycoast
ck cok cookislands
cl chl chile
cm cmr cameroon republicofcameroon
cn chn china 中国
co col colombia
cr cri costarica
cu cub cuba
cv cpv caboverde capeverde
cw cuw curaçao curacao
cx cxr christmasisland
cy cyp cyprus
cz cze czechia česko cesko czechrepublic
de deu germany deutschland
dj dji djibouti
dk dnk denmark danmark
dm dma dominica
do dom dominicanrepublic
dz dza algeria
ec ecu ecuador
ee est estonia
eg egy egypt مصر
eh esh westernsahara
er eri eritrea
es esp spain españa espana
et eth ethiopia
fi fin finland suomi
fj fji fiji
fk flk falklandislandsmalvinas falklandislands
fm fsm micronesia micronesiafederatedstatesof
fo fro faroeislands
fr fra france
ga gab gabon
gb gbr unitedkingdom uk greatbritain england scotland wales northernireland unitedkingdomuk
gd grd grenada
ge geo georgia
gf guf frenchguiana
gg ggy guernsey
gh gha ghana
gi gib gibraltar
gl grl greenland
gm gmb gambia thegambia gambiathe
gn gin guinea
gp glp guadeloupe
gq gnq equatorialguinea
gr grc greece ελλάδα ελλαδα
gs sgs southgeorgiaandthesouthsandwichislands southgeorgiaandsouthsandwichislands southgeorgiasandwichislands southgeorgiasouthsandwichislands
gt gtm guatemala
gu gum guam
gw gnb guineabissau
gy guy guyana
hk hkg hongkong hongkongsarchina 中國香港特別行政區 hongkongsar
hm hmd heardislandandmcdonaldislands heardmcdonaldislands heardandmcdonaldislands
hn hnd honduras
hr hrv croatia
ht hti haiti
hu hun hungary magyarország magyarorszag
id idn indonesia
ie irl ireland republicofireland
il isr israel ישראל
im imn isleofman
in ind india
io iot britishindianoceanterritory
iq irq iraq
ir irn iran iranislamicrepublicof
is isl iceland
it ita italy italia
je jey jersey
jm jam jamaica
jo jor jordan
jp jpn japan 日本
ke ken kenya
kg kgz kyrgyzstan
kh khm cambodia
ki kir kiribati
km com comoros
kn kna saintkittsandnevis stkittsnevis stkittsandnevis saintkittsnevis
kp prk northkorea koreademocraticpeoplesrepublicof koreathedemocraticpeoplesrepublicof
kr kor korea southkorea 대한민국 republicofkorea korearepublicof koreatherepublicof
kw kwt kuwait
ky cym caymanislands
kz kaz kazakhstan
la lao laopeoplesdemocraticrepublic laos
lb lbn lebanon
lc lca saintlucia stlucia
li lie liechtenstein
lk lka srilanka
lr lbr liberia
ls lso lesotho
lt ltu lithuania
lu lux luxembourg
lv lva latvia
ly lby libya libyanarabjamahiriya
ma mar morocco
mc mco monaco
md mda moldova moldovarepublicof moldovatherepublicof
me mne montenegro
mf maf saintmartinfrenchpart stmartin saintmartin
mg mdg madagascar
mh mhl marshallislands
mk mkd northmacedonia macedonia macedoniarepublicof macedoniatheformeryugoslavrepublicof
ml mli mali
mm mmr myanmar myanmarburma burma
mn mng mongolia
mo mac macao macaosarchina macau macaosar
mp mnp northernmarianaislands
mq mtq martinique
mr mrt mauritania
ms msr montserrat
mt mlt malta
mu mus mauritius
mv mdv maldives
mw mwi malawi
mx mex mexico méxico
my mys malaysia
mz moz mozambique
na nam namibia
nc ncl newcaledonia
ne ner niger
nf nfk norfolkisland
ng nga nigeria
ni nic nicaragua
nl nld netherlands nederland holland thenetherlands
no nor norway norge
np npl nepal
nr nru nauru
nu niu niue
nz nzl newzealand
om omn oman
pa pan panama
pe per peru
pf pyf frenchpolynesia
pg png papuanewguinea
ph phl philippines
pk pak pakistan
pl pol poland polska
pm spm saintpierreandmiquelon stpierremiquelon stpierreandmiquelon saintpierremiquelon
pn pcn pitcairn pitcairnislands
pr pri puertorico
ps pse palestine palestinianterritories palestinianterritory palestinianterritoryoccupied palestinestateof
pt prt portugal
pw plw palau belau
py pry paraguay
qa qat qatar
re reu réunion reunion
ro rou romania românia
rs srb serbia
ru rus russianfederation russia россия
rw rwa rwanda
sa sau saudiarabia المملكةالعربيةالسعودية ksa
sb slb solomonislands
sc syc seychelles
sd sdn sudan
se swe sweden sverige
sg sgp singapore
sh shn sainthelena sthelena sainthelenaascensionandtristandacunha
si svn slovenia
sj sjm svalbardandjanmayen svalbardjanmayen
sk svk slovakia
sl sle sierraleone
sm smr sanmarino
sn sen senegal
so som somalia
sr sur suriname
ss ssd southsudan
st stp saotomeandprincipe sãotomépríncipe saotomeprincipe sãotoméandpríncipe
sv slv elsalvador
sx sxm sintmaartendutchpart sintmaarten saintmartindutchpart
sy syr syrianarabrepublic syria
sz swz eswatini swaziland
tc tca turksandcaicosislands turkscaicosislands
td tcd chad
tf atf frenchsouthernterritories
tg tgo togo
th tha thailand ไทย ประเทศไทย
tj tjk tajikistan
tk tkl tokelau
tl tls timorleste easttimor
tm tkm turkmenistan
tn tun tunisia
to ton tonga
tr tur türkiye turkiye turkey
tt tto trinidadandtobago trinidadtobago
tv tuv tuvalu
tw twn taiwan 台灣 taiwanprovinceofchina
tz tza tanzania tanzaniaunitedrepublicof tanzaniatheunitedrepublicof
ua ukr ukraine україна украіна
ug uga uganda
um umi unitedstatesminoroutlyingislands usoutlyingislands unitedstatesusminoroutlyingislands
us usa unitedstates usa unitedstatesofamerica america unitedstatesus
uy ury uruguay
uz uzb uzbekistan
va vat holyseevaticancitystate vaticancity vatican holysee
vc vct saintvincentandthegrenadines stvincentgrenadines stvincentandgrenadines saintvincentgrenadines
ve ven venezuela venezuelabolivarianrepublicof
vg vgb britishvirginislands virginislandsbritish
vi vir usvirginislands virginislandsus
vn vnm vietnam việtnam
vu vut vanuatu
wf wlf wallisandfutuna wallisfutuna
ws wsm samoa
ye yem yemen
yt myt mayotte
za zaf southafrica
zm zmb zambia
zw zwe zimbabwe
xk xkx kosovo
"""

_US_STATES: Final[str] = """
al alabama
ak alaska
az arizona
ar arkansas
ca california
co colorado
ct connecticut
de delaware
dc districtofcolumbia
fl florida
ga georgia
hi hawaii
id idaho
il illinois
in indiana
ia iowa
ks kansas
ky kentucky
la louisiana
me maine
md maryland
ma massachusetts
mi michigan
mn minnesota
ms mississippi
mo missouri
mt montana
ne nebraska
nv nevada
nh newhampshire
nj newjersey
nm newmexico
ny newyork
nc northcarolina
nd northdakota
oh ohio
ok oklahoma
or oregon
pa pennsylvania
ri rhodeisland
sc southcarolina
sd southdakota
tn tennessee
tx texas
ut utah
vt vermont
va virginia
wa washington
wv westvirginia
wi wisconsin
wy wyoming
pr puertorico
"""


@cache
def countries() -> dict[str, str]:
    """Code or plain name → two lower-case letters. Built at the first use: most events name no country."""
    return _index_by_spelling(_COUNTRIES)


@cache
def us_states() -> dict[str, str]:
    """Plain name → two lower-case letters of a state of the USA."""
    return _index_by_spelling(_US_STATES)


def _index_by_spelling(rows: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows.split("\n"):
        code, *others = row.split() or [""]
        found |= dict.fromkeys((code, *others), code)
    found.pop("", None)
    return found
