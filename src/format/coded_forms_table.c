/* SPDX-License-Identifier: Apache-2.0 */
/* coded_forms_table.c - the phrases.  Short, in the passive or the third person, without a word of permission; Russian and
 * Arabic have not been reviewed by a speaker. */
#include "format/coded_forms_int.h"

#define V DCF_CODED_VERB
#define P DCF_CODED_PRECEDENCE
#define S DCF_CODED_STATE
#define C DCF_CODED_CHALLENGE
#define X DCF_CODED_CEASE
#define D DCF_CODED_DECLINE
#define B DCF_CODED_ABOUT
#define M DCF_CODED_MISSING
#define A DCF_CODED_ANSWER
#define O DCF_CODED_READOUT
#define R DCF_CODED_REPORT
#define T DCF_CODED_TIMELINESS
#define G DCF_CODED_GENERAL

/* clang-format off */
const struct dcf_coded_row dcf_coded_table[] = {
	{ V, "notification notify", { "Notice is given of an operation.", "Настоящим уведомляем о действиях.", "إشعار بعملية." } },
	{ V, "notification receipt", { "The notice was received by the machine.", "Уведомление получено системой.", "استلم النظام الإشعار." } },
	{ V, "notification read_back", { "The notice is read back.", "Уведомление зачитано обратно для сверки.", "تمت إعادة قراءة الإشعار للتحقق." } },
	{ V, "notification acknowledge", { "The notice was received and understood. This is not agreement.",
	  "Уведомление получено и понято. Это не означает согласия.", "تم استلام الإشعار وفهمه. هذا لا يعني الموافقة." } },
	{ V, "notification challenge", { "The notice is challenged.", "Уведомление оспаривается.", "يوجد اعتراض على الإشعار." } },
	{ V, "notification clarify", { "The notice is clarified.", "Уведомление уточняется.", "توضيح للإشعار." } },
	{ V, "notification disseminate", { "The notice was passed on to those concerned.", "Уведомление доведено до исполнителей.", "تم إبلاغ المعنيين بالإشعار." } },
	{ V, "notification withdraw", { "The notice is withdrawn.", "Уведомление отозвано.", "تم سحب الإشعار." } },
	{ V, "notification resend", { "The notice is sent again.", "Уведомление отправляется повторно.", "يعاد إرسال الإشعار." } },
	{ V, "notification disclose", { "Automatic reply to the notice.", "Автоматический ответ на уведомление.", "رد آلي على الإشعار." } },

	{ V, "clarification ask", { "Clarification is requested.", "Просим разъяснений.", "يرجى التوضيح." } },
	{ V, "clarification receipt", { "The question was received by the machine.", "Запрос получен системой.", "استلم النظام السؤال." } },
	{ V, "clarification answer", { "Answer to the question.", "Ответ на запрос.", "جواب على السؤال." } },
	{ V, "clarification accept", { "The answer was taken note of; the question is closed.", "Ответ принят к сведению; вопрос закрыт.", "أُخذ العلم بالجواب وأُغلق السؤال." } },
	{ V, "clarification re_ask", { "The question is asked again.", "Вопрос задаётся повторно.", "يعاد طرح السؤال." } },
	{ V, "clarification withdraw", { "The question is withdrawn.", "Запрос отозван.", "تم سحب السؤال." } },

	{ V, "cease cease", { "STOP. You are asked to cease at once in this area.", "СТОП. Просим немедленно прекратить действия в этом районе.", "توقف. نطلب وقف العمل فورا في هذه المنطقة." } },
	{ V, "cease receipt", { "The request to cease was received by the machine.", "Требование прекратить получено системой.", "استلم النظام طلب التوقف." } },
	{ V, "cease execute", { "Ceasing is being carried out.", "Прекращение выполняется.", "يجري تنفيذ التوقف." } },
	{ V, "cease decline", { "The request to cease is declined.", "Требование прекратить отклонено.", "رُفض طلب التوقف." } },
	{ V, "cease stopped", { "It has stopped.", "Действия прекращены.", "تم التوقف." } },

	{ V, "call call", { "A call is proposed.", "Предлагается разговор.", "اقتراح إجراء مكالمة." } },
	{ V, "call ring", { "Ringing.", "Идёт вызов.", "جارٍ الاتصال." } },
	{ V, "call answer", { "The call was answered.", "На вызов ответили.", "تم الرد على المكالمة." } },
	{ V, "call hold", { "The call is on hold.", "Разговор на удержании.", "المكالمة قيد الانتظار." } },
	{ V, "call resume", { "The call goes on.", "Разговор продолжается.", "استؤنفت المكالمة." } },
	{ V, "call give_up", { "The call was given up.", "Вызов прекращён.", "تم التخلي عن المكالمة." } },
	{ V, "call end", { "The call has ended.", "Разговор окончен.", "انتهت المكالمة." } },
	{ V, "call readout", { "Read-out of the call by this side.", "Изложение разговора этой стороной.", "ملخص المكالمة من هذا الطرف." } },

	{ V, "incident report", { "An incident is reported.", "Сообщение об инциденте.", "إبلاغ عن حادث." } },
	{ V, "incident evidence", { "Evidence about an incident.", "Данные об инциденте.", "أدلة بشأن حادث." } },
	{ V, "incident classify", { "An incident is classified by this side.", "Оценка инцидента этой стороной.", "تصنيف الحادث من هذا الطرف." } },
	{ V, "incident review", { "The incident was reviewed.", "Инцидент рассмотрен.", "تمت مراجعة الحادث." } },
	{ V, "incident close", { "The incident is closed.", "Рассмотрение инцидента закрыто.", "أُغلق ملف الحادث." } },

	{ V, "line suspend", { "The line is suspended by this side.", "Линия приостановлена этой стороной.", "علّق هذا الطرف الخط." } },
	{ V, "line resume", { "The line is resumed by this side.", "Линия возобновлена этой стороной.", "استأنف هذا الطرف الخط." } },
	{ V, "line close", { "The line is closed by this side.", "Линия закрыта этой стороной.", "أغلق هذا الطرف الخط." } },
	{ V, "line check", { "Line check.", "Проверка линии.", "فحص الخط." } },
	{ V, "line echo", { "Answer to a line check.", "Ответ на проверку линии.", "رد على فحص الخط." } },

	{ P, "FLASH", { "FLASH", "МОЛНИЯ", "فوري جدا" } },
	{ P, "IMMEDIATE", { "IMMEDIATE", "НЕМЕДЛЕННО", "فوري" } },
	{ P, "PRIORITY", { "PRIORITY", "СРОЧНО", "عاجل" } },
	{ P, "ROUTINE", { "ROUTINE", "ОБЫЧНОЕ", "عادي" } },

	{ S, "DRAFT", { "draft", "черновик", "مسودة" } },
	{ S, "SENT", { "sent", "отправлено", "أُرسل" } },
	{ S, "RECEIVED", { "received", "получено", "استُلم" } },
	{ S, "UNDELIVERED", { "not delivered", "не доставлено", "لم يُسلَّم" } },
	{ S, "REFUSED", { "refused, the line being suspended", "не принято: линия приостановлена", "مرفوض لأن الخط معلق" } },
	{ S, "READ_BACK_OK", { "read back, the same", "сверено, совпадает", "أعيدت قراءته وهو مطابق" } },
	{ S, "CHALLENGED", { "challenged", "оспорено", "عليه اعتراض" } },
	{ S, "CLARIFIED", { "clarified", "уточнено", "تم توضيحه" } },
	{ S, "ACKNOWLEDGED", { "received and understood", "получено и понято", "استُلم وفُهم" } },
	{ S, "DISSEMINATED", { "passed on to those concerned", "доведено до исполнителей", "أُبلغ المعنيون" } },
	{ S, "CLOSED", { "closed", "закрыто", "مغلق" } },
	{ S, "SUPERSEDED", { "replaced by a new version", "заменено новой версией", "حلت محله نسخة جديدة" } },
	{ S, "WITHDRAWN", { "withdrawn", "отозвано", "مسحوب" } },
	{ S, "EXPIRED", { "over without acknowledgement", "истекло без подтверждения", "انتهى دون إقرار بالاستلام" } },
	{ S, "OPEN", { "open", "открыто", "مفتوح" } },
	{ S, "ANSWERED", { "answered", "дан ответ", "تمت الإجابة" } },
	{ S, "OVERDUE", { "overdue", "просрочено", "متأخر" } },
	{ S, "ISSUED", { "issued", "выдано", "صدر" } },
	{ S, "EXECUTING", { "being carried out", "выполняется", "قيد التنفيذ" } },
	{ S, "STOPPED", { "stopped", "прекращено", "توقف" } },
	{ S, "DECLINED", { "declined", "отклонено", "مرفوض" } },
	{ S, "SCHEDULED", { "scheduled", "запланирован", "مجدول" } },
	{ S, "RINGING", { "ringing", "вызов", "يرن" } },
	{ S, "CONNECTED", { "connected", "соединено", "متصل" } },
	{ S, "ON_HOLD", { "on hold", "на удержании", "قيد الانتظار" } },
	{ S, "MISSED", { "missed", "пропущен", "فائتة" } },
	{ S, "ENDED", { "ended", "окончен", "انتهت" } },
	{ S, "READ_OUT_A", { "read out by the caller's side", "изложен вызывавшей стороной", "لخصها الطرف المتصل" } },
	{ S, "READ_OUT_B", { "read out by the called side", "изложен вызванной стороной", "لخصها الطرف المتلقي" } },
	{ S, "COMPARED", { "read out by both sides", "изложен обеими сторонами", "لخصها الطرفان" } },
	{ S, "REPORTED", { "reported", "сообщено", "أُبلغ عنه" } },
	{ S, "EVIDENCE", { "evidence given", "представлены данные", "قُدمت أدلة" } },
	{ S, "AGREED_CLASS", { "classified alike by both", "оценён одинаково", "صنفه الطرفان تصنيفا واحدا" } },
	{ S, "DISPUTED", { "classified differently", "оценки расходятся", "اختلف التصنيف" } },
	{ S, "REVIEWED", { "reviewed", "рассмотрено", "تمت مراجعته" } },
	{ S, "UP", { "up", "работает", "يعمل" } },
	{ S, "DEGRADED", { "degraded", "работает с ограничениями", "يعمل بشكل محدود" } },
	{ S, "DOWN", { "down", "не работает", "متوقف" } },
	{ S, "SUSPENDED", { "suspended", "приостановлено", "معلق" } },

	{ C, "conflict", { "conflicts with an operation of this side", "конфликтует с действиями этой стороны", "يتعارض مع عملية لهذا الطرف" } },
	{ C, "position", { "the position is in doubt", "местоположение вызывает сомнение", "الموقع موضع شك" } },
	{ C, "late", { "the notice came late", "уведомление поступило поздно", "وصل الإشعار متأخرا" } },
	{ C, "not_understood", { "not understood", "не понято", "غير مفهوم" } },
	{ C, "outside", { "outside what was agreed", "вне рамок договорённости", "خارج ما اتفق عليه" } },
	{ C, "no_comment", { "no reason is given", "без указания причины", "دون ذكر السبب" } },

	{ X, "civilians", { "civilians are there", "там находятся гражданские лица", "يوجد مدنيون هناك" } },
	{ X, "third_party", { "a third party is there", "там находится третья сторона", "يوجد طرف ثالث هناك" } },
	{ X, "own_forces", { "forces of this side are there", "там находятся силы этой стороны", "توجد هناك قوات هذا الطرف" } },
	{ X, "wrong_place", { "it is the wrong place", "это не то место", "المكان خاطئ" } },
	{ X, "other", { "another reason", "другая причина", "سبب آخر" } },

	{ D, "not_ours", { "it is not ours", "это не наши действия", "ليست عمليتنا" } },
	{ D, "not_understood", { "not understood", "не понято", "غير مفهوم" } },
	{ D, "own_forces", { "forces of this side would be endangered", "это создаст угрозу силам этой стороны", "يعرض ذلك قوات هذا الطرف للخطر" } },
	{ D, "not_possible", { "it cannot be stopped any more", "остановить уже невозможно", "لم يعد الإيقاف ممكنا" } },
	{ D, "no_comment", { "no reason is given", "без указания причины", "دون ذكر السبب" } },
	{ D, "other", { "another reason", "другая причина", "سبب آخر" } },

	{ B, "area", { "about an area", "о районе", "بشأن منطقة" } },
	{ B, "notice", { "about a notice", "об уведомлении", "بشأن إشعار" } },
	{ B, "track", { "about an aircraft seen", "о наблюдаемом воздушном судне", "بشأن طائرة مرصودة" } },
	{ B, "incident", { "about an incident", "об инциденте", "بشأن حادث" } },
	{ B, "other", { "about something else", "о другом", "بشأن أمر آخر" } },

	{ M, "geometry", { "the area or route is missing", "не указан район или маршрут", "لم تُذكر المنطقة أو المسار" } },
	{ M, "band", { "the altitudes are missing", "не указаны высоты", "لم تُذكر الارتفاعات" } },
	{ M, "window", { "the times are missing", "не указано время", "لم يُذكر الوقت" } },

	{ A, "OURS", { "It is ours.", "Это наше.", "إنه لنا." } },
	{ A, "NOT_OURS", { "It is not ours.", "Это не наше.", "ليس لنا." } },
	{ A, "NOT_KNOWN", { "It is not known to us.", "Нам это неизвестно.", "لا علم لنا به." } },
	{ A, "NO_COMMENT", { "No comment.", "Без комментариев.", "لا تعليق." } },
	{ A, "SEE_ATTACHED", { "See what is attached.", "Смотрите приложение.", "انظر المرفق." } },

	{ O, "agreed", { "agreed", "согласовано", "متفق عليه" } },
	{ O, "noted", { "noted", "принято к сведению", "أُخذ به علما" } },
	{ O, "differed", { "views differed", "мнения разошлись", "اختلفت الآراء" } },
	{ O, "to_follow", { "to follow", "последует", "يُستكمل لاحقا" } },

	{ R, "separation", { "too close", "нарушение эшелонирования", "اقتراب دون الحد الأدنى" } },
	{ R, "dwell", { "too close for too long", "слишком долгое сближение", "اقتراب لمدة أطول من المسموح" } },
	{ R, "wrong_side", { "on the wrong side of the line", "по другую сторону линии", "في الجانب الخطأ من الخط" } },
	{ R, "no_notice", { "no notice was given", "без уведомления", "دون إشعار" } },
	{ R, "late_notice", { "notice was given late", "позднее уведомление", "إشعار متأخر" } },
	{ R, "unsafe_manoeuvre", { "unsafe manoeuvre", "опасный манёвр", "مناورة غير آمنة" } },
	{ R, "radio_silence", { "no answer by radio", "нет ответа по радио", "لا رد على اللاسلكي" } },
	{ R, "laser", { "laser light", "лазерное облучение", "ضوء ليزر" } },
	{ R, "jamming", { "jamming", "радиопомехи", "تشويش" } },
	{ R, "weapon_release_near", { "release close to this side", "применение вблизи этой стороны", "إطلاق قرب هذا الطرف" } },
	{ R, "position_error", { "a position was wrong", "ошибка в координатах", "خطأ في الموقع" } },
	{ R, "line_failure", { "the line failed", "отказ линии", "تعطل الخط" } },
	{ R, "no_acknowledgement", { "nobody acknowledged", "нет подтверждения", "لم يقر أحد بالاستلام" } },

	{ T, "ON TIME", { "notice in time", "уведомление своевременно", "إشعار في الوقت المناسب" } },
	{ T, "LATE", { "notice late", "уведомление запоздало", "إشعار متأخر" } },
	{ T, "NONE", { "notice at or after the start", "уведомление в момент начала или после", "إشعار عند البدء أو بعده" } },

	{ G, "receipt_is_not_agreement", { "Receipt is not agreement. This is notice, not permission.",
	  "Получение не означает согласия. Это уведомление, а не разрешение.", "الاستلام لا يعني الموافقة. هذا إشعار وليس إذنا." } },
	{ G, "exercise", { "EXERCISE EXERCISE EXERCISE", "УЧЕНИЯ УЧЕНИЯ УЧЕНИЯ", "تمرين تمرين تمرين" } },
	{ G, "read_these", { "Read these digits to each other:", "Сверьте эти цифры друг с другом:", "ليقرأ كل طرف هذه الأرقام للآخر:" } },
	{ G, "words_differ", { "The digits differ: do not acknowledge.", "Цифры не совпадают: не подтверждать.", "الأرقام مختلفة: لا يُقَر بالاستلام." } },
	{ G, "no_protection", { "That nothing is reported does not mean that it is safe.", "Отсутствие сообщений не означает безопасности.", "عدم ورود بلاغ لا يعني الأمان." } },
};
/* clang-format on */

const size_t dcf_coded_count = sizeof dcf_coded_table / sizeof *dcf_coded_table;
