/* SPDX-License-Identifier: Apache-2.0 */
/* The page's style and script.  Parties differ by dash and pattern as well as by colour, classes of
 * conflict by shape, so that a black-and-white print says the same.  Colours: Okabe and Ito (2008),
 * darkened to a contrast of 4.5 on white, lightened to the same on black. */
#include "format/report_int.h"

/* In pieces: a compiler need not take a string of more than 4,095 characters. */
/* clang-format off */
const char *const dcf_report_style[] = {
	":root{color-scheme:light dark;--bg:#fff;--fg:#1a1a1a;--dim:#575757;--line:#c9c9c9;--card:#f6f6f4;--sea:#f3f6f8;"
	"--coast:#6b7f8c;--bad:#a3152a;--ok:#1d5c38;--c0:#005b96;--c1:#a34700;--c2:#00694f;--c3:#8a2f6b;--c4:#5b4a9c;--c5:#6b5900}\n",
	"@media(prefers-color-scheme:dark){:root{--bg:#15181b;--fg:#ececec;--dim:#a9adb2;--line:#454b52;--card:#1e2226;"
	"--sea:#191f24;--coast:#7f95a3;--bad:#ff8a95;--ok:#7fd6a2;--c0:#6fb9ee;--c1:#f5a05a;--c2:#4fcfa8;--c3:#e79bcb;--c4:#b9a8f5;"
	"--c5:#e0c85a}}\n",
	"*{box-sizing:border-box}body{margin:0 auto;max-width:75rem;padding:1rem;background:var(--bg);color:var(--fg);"
	"font:1rem/1.45 system-ui,sans-serif;overflow-wrap:anywhere}\n",
	"h1{font-size:1.5rem;line-height:1.25;margin:.2rem 0 .6rem}h2{font-size:1.2rem;margin:1.8rem 0 .5rem;border-bottom:2px solid "
	"var(--line)}h3{font-size:1rem;margin:1rem 0 .3rem}small,.source,.left,footer{color:var(--dim);font-size:.85rem}\n",
	".verdict{font-size:1.25rem;font-weight:700;margin:.6rem 0 .3rem;padding:.6rem .8rem;border-left:.5rem solid;"
	"background:var(--card)}.verdict.bad{border-color:var(--bad)}.verdict.none{border-color:var(--ok);border-left-style:double}\n",
	".notice{border:2px solid var(--fg);padding:.5rem .7rem;margin:.6rem 0}\n",
	".counts{display:grid;grid-template-columns:repeat(auto-fit,minmax(6.3rem,1fr));gap:.4rem;padding:0;margin:.8rem 0;"
	"list-style:none}.counts li{background:var(--card);padding:.4rem .6rem}.counts b{display:block;font-size:1.3rem}\n",
	"nav a{margin-right:1rem}a{color:inherit}\n",
	"table{border-collapse:collapse;width:100%;font-size:.92rem;margin:.4rem 0 1.2rem}caption{text-align:left;font-weight:700;"
	"padding:.4rem 0}th,td{text-align:left;vertical-align:top;padding:.45rem .5rem;border-bottom:1px solid var(--line)}"
	"thead th{border-bottom:2px solid var(--fg);font-size:.85rem}tbody th{white-space:nowrap}.pairs td:nth-child(2){min-width:13rem}.pairs td:nth-child(3){min-width:9.5rem}\n",
	".who{display:flex;gap:.4rem;align-items:baseline}.key{width:1.9rem;height:.6rem;flex:none;overflow:visible}\n",
	".key path{fill:none;stroke-width:3}ul{padding-left:1.2rem}li{margin:.15rem 0}\n",
	".mark{display:inline-block;min-width:1.5rem;padding:0 .25rem;text-align:center;font-weight:700;border:2px solid;"
	"margin-right:.2rem}.mark.separation{border-radius:1rem}.mark.overlap{background:var(--fg);color:var(--bg);"
	"border-color:var(--fg)}.mark.brief{border-style:dotted}.mark.advisory{border-style:dashed}\n",
	".legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;padding:0;margin:.3rem 0}\n",
	".scroll{overflow-x:auto}.map,.chart{display:block;width:100%;height:auto;min-width:44rem}\n",
	"svg text{font-family:system-ui,sans-serif;fill:var(--fg)}\n",
	".map{background:var(--sea);border:1px solid var(--line);overflow:hidden}.coast,.border,path.scale,path.place{fill:none;"
	"stroke:var(--coast);stroke-width:14}.border{stroke-width:10;stroke-dasharray:60 30 12 30}.map path.grid{fill:none;"
	"stroke:var(--line);stroke-width:6}path.scale,path.place{stroke:var(--fg)}path.place{stroke-width:16}\n",
	".map text{font-size:200px}.map text.grid,.map text.scale,.map text.place{font-size:170px;stroke:none}.map text.grid{"
	"fill:var(--dim)}.name,.map text.place{text-anchor:middle;paint-order:stroke;stroke:var(--sea)!important;"
	"stroke-width:50px!important;stroke-linejoin:round;stroke-dasharray:none!important;font-weight:600}.map text.place{font-weight:400}\n",
	".p0{stroke:var(--c0);--p:var(--c0)}.p1{stroke:var(--c1);--p:var(--c1);stroke-dasharray:8 4}.p2{stroke:var(--c2);--p:var(--c2);"
	"stroke-dasharray:2 3}.p3{stroke:var(--c3);--p:var(--c3);stroke-dasharray:10 3 2 3}.p4{stroke:var(--c4);--p:var(--c4);"
	"stroke-dasharray:4 4}.p5{stroke:var(--c5);--p:var(--c5);stroke-dasharray:14 3 2 3 2 3}\n",
	".s{fill:var(--h,var(--p));fill-opacity:var(--o,.09);stroke-width:var(--w,26)}.s.thin{fill:none;stroke-width:40}"
	".s.p1{stroke-dasharray:150 70}.s.p2{stroke-dasharray:40 55}.s.p3{stroke-dasharray:180 60 40 60}.s.p4{stroke-dasharray:80 80}"
	".s.p5{stroke-dasharray:260 60 40 60 40 60}\n",
	".crowd .s{stroke-width:var(--w,14)}.crowd .s.thin{stroke-width:16}.crowd .s.q{stroke-width:9;opacity:.4}path.line{fill:none;stroke:var(--fg);stroke-width:46;stroke-opacity:.75;stroke-dasharray:1 70;"
	"stroke-linecap:round}path.area{fill:none;stroke:var(--fg);stroke-width:20;stroke-dasharray:20 40}.name.rule{fill:var(--fg);"
	"font-style:italic}.name.p0,.name.p1,.name.p2,.name.p3,.name.p4,.name.p5{fill:var(--p)}\n",
	".hatch{--h:url(#h);--o:1;--w:0}.m path{fill:var(--bg);stroke:var(--fg);stroke-width:28}.m.overlap path{fill:var(--fg)}"
	".m text{text-anchor:middle;font-weight:700}.m.dot path{fill:var(--fg);stroke:var(--bg)}.m.overlap text{fill:var(--bg)}#h path,#g path{stroke:var(--fg);fill:none}\n",
	".s.after{fill:url(#t);fill-opacity:1;stroke:var(--fg);stroke-width:34;stroke-dasharray:200 110!important}.s.after.thin{fill:none}.crowd .s.after{stroke-width:16}"
	".then{stroke:var(--fg);stroke-dasharray:7 4}.name.then{fill:var(--fg);font-style:italic}"
	".bar.after{fill:none;stroke:var(--fg);stroke-width:2;stroke-dasharray:7 4}#t path{stroke:var(--fg);fill:none}"
	".ways ol{margin:.2rem 0 .8rem}.ways .drawn{font-weight:700}.ways .drawn small{font-weight:400}.ways h3{font-size:1rem}\n",
	".chart text{font-size:13px}.chart .grid{stroke:var(--line);fill:none}.chart .tick{stroke:var(--fg);fill:none}.end{text-anchor:end}"
	".mid,.num{text-anchor:middle}.num{font-weight:700;paint-order:stroke;stroke:var(--bg);stroke-width:4px}\n",
	".bar{fill:var(--p);fill-opacity:.22;stroke-width:1.8}.chart .hatch{fill:url(#g);stroke:var(--fg);stroke-width:1}\n",
	".hl{outline:3px solid var(--fg);outline-offset:1px}svg .hl{outline:0;filter:drop-shadow(0 0 3px var(--fg))}"
	"path.hl,circle.hl{--w:60!important}tr.hl{background:var(--card)}#filter{display:none;margin:.4rem 0}"
	".js #filter{display:block}#filter input{font:inherit;width:min(100%,24rem)}\n",
	"@media screen and (max-width:46rem){.pairs thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}"
	".pairs,.pairs tbody,.pairs caption{display:block}.pairs tr{display:block;background:var(--card);margin:0 0 .8rem;"
	"border-left:.3rem solid var(--fg)}.pairs th,.pairs td{display:block;border:0;padding:.25rem .7rem}.pairs td::before{"
	"content:attr(data-l);display:block;font-size:.78rem;color:var(--dim)}}\n",
	"@media print{:root{--bg:#fff;--fg:#000;--dim:#333;--line:#999;--card:#fff;--sea:#fff;--coast:#777;--bad:#000;--ok:#000;"
	"--c0:#003a63;--c1:#6b2f00;--c2:#003d2e;--c3:#551d42;--c4:#352b60;--c5:#403500}@page{size:A4;margin:14mm}body{padding:0;"
	"max-width:none;font-size:9.5pt}#filter,nav{display:none!important}.scroll{overflow:visible}.map,.chart{min-width:0}"
	"tr,svg,li{break-inside:avoid}h2,h3,caption{break-after:avoid}.s{fill-opacity:var(--o,.04)}*{print-color-adjust:exact}}\n",
	NULL
};
/* clang-format on */

const char dcf_report_script[] =
	"(function(){var d=document,r=d.documentElement;r.className='js';"
	"function on(a,v,f){d.querySelectorAll('['+a+'=\"'+v+'\"]').forEach(function(e){e.classList.toggle('hl',f)})}"
	"function act(f){return function(e){var t=e.target.closest&&e.target.closest('[data-c],[data-o]');if(!t)return;"
	"t.dataset.c?on('data-c',t.dataset.c,f):on('data-o',t.dataset.o,f)}}"
	"['mouseover','focusin'].forEach(function(n){d.addEventListener(n,act(true))});"
	"['mouseout','focusout'].forEach(function(n){d.addEventListener(n,act(false))});"
	"var i=d.getElementById('q');if(i)i.addEventListener('input',function(){var q=i.value.toLowerCase();"
	"d.querySelectorAll('.pairs tbody tr').forEach(function(t){t.hidden=t.textContent.toLowerCase().indexOf(q)==-1})})})();";
