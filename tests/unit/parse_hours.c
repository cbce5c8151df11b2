/* link: base parser */
/* Opening hours as files write them: understood whole, or kept as text of
 * which nothing is claimed. */
#include "parsed.h"
#include "hours/hours.h"

struct example {
	const char *written, *hours;
};

/* Every text is one that other readers of opening_hours understand as it is meant, or
 * nobody claims anything of. */
static void expect_hours(const char *written, const char *hours, const char *text)
{
	struct hours_week week;
	if (strcmp(hours, text) != 0)
		fail_msg("%s: '%s' instead of '%s'", written, text, hours);
	if (text[0] == '"')
		assert_false(hours_week_parse(str_of(text), &week, NULL));
}

static void texts_are_understood_whole_or_stay_text(void **state)
{
	static const struct example examples[] = {
	    {"Mo-Fr 09:00-17:00", "Mo-Fr 09:00-17:00"},
	    {"Mo-Fr 8-12", "Mo-Fr 08:00-12:00"},
	    {"Lun-Ven : 8h30-12h / 13h30-17h - Sam : 9h-12h",
	     "Mo-Fr 08:30-12:00,13:30-17:00; Sa 09:00-12:00"},
	    {"dal marted\xc3\xac alla domenica 19.00 - 00.30", "Tu-Su 19:00-00:30"},
	    {"Tues. - Sat. 5:30pm - 9:30pm (closed Sun & Mon)", "Mo,Su off; Tu-Sa 17:30-21:30"},
	    {"Mo-Fr 9-18 (Fr 9-16)", "Mo-Fr 9-18 (Fr 9-16)"},
	    {"Mo-Fr 9-17 (closed Wed)", "Mo-Fr 9-17 (closed Wed)"},
	    {"Mo-Fr 09:00-17:00<br>Sa 10:00-12:00", "Mo-Fr 09:00-17:00; Sa 10:00-12:00"},
	    {"Mo&ndash;Fr 09:00&ndash;17:00", "Mo-Fr 09:00-17:00"},
	    {"Todos los d\xc3\xad"
	     "as de 8:00 a 22:00 excepto domingos",
	     "Mo-Sa 08:00-22:00"},
	    {"Mon-Fri 9am-5pm except Wed 9am-12pm", "Mon-Fri 9am-5pm except Wed 9am-12pm"},
	    {"Mon 9am-5pm, Tue 9am-5pm except Mon", "Mon 9am-5pm, Tue 9am-5pm except Mon"},
	    {"maandag t.e.m. vrijdag van 8u30 tot 12u en van 13u tot 17u",
	     "Mo-Fr 08:30-12:00,13:00-17:00"},
	    {"od poniedzia\xc5\x82ku do pi\xc4\x85tku w godz. 7.30-15.30", "Mo-Fr 07:30-15:30"},
	    {"sexta: 12h-15h; encerra ao domingo", "Fr 12:00-15:00; Su off"},
	    {"Pon-Pet 09-17h, Nedelja ne radimo", "Mo-Fr 09:00-17:00; Su off"},
	    {"Mo-Fr 8.00\xe2\x80\x93"
	     "12.00 Uhr",
	     "Mo-Fr 08:00-12:00"},
	    {"Mo-Fr 8-12 Uhr und 14-18 Uhr, Sa 9-12 Uhr",
	     "Mo-Fr 08:00-12:00,14:00-18:00; Sa 09:00-12:00"},
	    {"Mon: 10am-8pm", "Mo 10:00-20:00"},
	    {"Monday - Friday: 9:00 AM - 5:30 PM", "Mo-Fr 09:00-17:30"},
	    {"M-F 8:30a.m.-5p.m.", "Mo-Fr 08:30-17:00"},
	    {"Mon-Fri 9-5pm", "Mo-Fr 09:00-17:00"},
	    {"Mon 1-5 PM", "Mo 13:00-17:00"},
	    {"Mon 11 AM-12 AM", "Mo 11:00-24:00"},
	    {"Di-Fr 9-12, 13.30-18.30; Sa 9-16; So geschlossen",
	     "Tu-Fr 09:00-12:00,13:30-18:30; Sa 09:00-16:00; Su off"},
	    {"Du lundi au vendredi de 9h \xc3\xa0 18h30", "Mo-Fr 09:00-18:30"},
	    {"Luned\xc3\xac-venerd\xc3\xac 8.30-12.30 / 15-19, sabato chiuso",
	     "Mo-Fr 08:30-12:30,15:00-19:00; Sa off"},
	    {"lunes a viernes 10:00-14:00, 17:00-20:00", "Mo-Fr 10:00-14:00,17:00-20:00"},
	    {"ma-vr 9:00-18:00, za 9:00-17:00", "Mo-Fr 09:00-18:00; Sa 09:00-17:00"},
	    {"t\xc3\xa4glich 10-22 Uhr", "Mo-Su 10:00-22:00"},
	    {"Mo-Fr 09:00-12:00; Mo-Fr 13:00-17:00", "Mo-Fr 09:00-12:00,13:00-17:00"},
	    {"Mo 09:00-12:00, Mo 11:00-14:00", "Mo 09:00-14:00"},
	    {"Mo-Su", "24/7"},
	    {"24/7", "24/7"},
	    {"Mo-Fr 00:00-23:59; Sa 00:00-24:00", "Mo-Sa 00:00-24:00"},
	    {"Mo 09:00-17:00; Su 00:00-00:00", "Mo 09:00-17:00; Su off"},
	    {"Fr-Sa 18:00-02:00", "Fr,Sa 18:00-02:00"},
	    {"Mo Closed, Tu 10:00-20:00", "Mo off; Tu 10:00-20:00"},
	    {"{'Monday': '8:0-17:30', 'Tuesday': '17:0-2:0'}", "Mo 08:00-17:30; Tu 17:00-02:00"},
	    {"Mon-Fri 9:00am to 12:00noon and 2:00pm to 5:30pm", "Mo-Fr 09:00-12:00,14:00-17:30"},
	    {"24 hours", "24 hours"},
	    {"Open 24 hours a day, 7 days a week", "24/7"},
	    {"24 hours Mon-Fri", "Mo-Fr 00:00-24:00"},
	    {"24 hours; Sunday closed", "24 hours; Sunday closed"},
	    {"2ª a 6ª das 9h às 19h", "Mo-Fr 09:00-19:00"},
	    {"Vardagar 10-18, lördag 10-15", "Mo-Fr 10:00-18:00; Sa 10:00-15:00"},
	    {"Po-Pia 8:00-17:00, So 8:00-12:00", "Mo-Fr 08:00-17:00; Sa 08:00-12:00"},
	    {"Mo-Fr 9 bis 12 Uhr u. 14 bis 18 Uhr", "Mo-Fr 09:00-12:00,14:00-18:00"},
	    {"Do 16:00-20:00 Uhr, Sa. 9:00 - 13:00", "Th 16:00-20:00; Sa 09:00-13:00"},
	    {"Do 9-12", "Do 9-12"},
	    {"月～金 10:00～19:00、土 10:00～17:00、日祝休み",
	     "Mo-Fr 10:00-19:00; Sa 10:00-17:00; Su,PH off"},
	    {"平日 9時〜17時", "Mo-Fr 09:00-17:00"},
	    {"年中無休 24時間営業", "24/7"},
	    {"4月〜10月 9:00〜17:00", "4月〜10月 9:00〜17:00"},
	    {"毎月第1月曜 9:00-12:00", "毎月第1月曜 9:00-12:00"},
	    {"周一至周五 9:00-18:00", "Mo-Fr 09:00-18:00"},
	    {"周末 10:00-18:00，周一休息", "Mo off; Sa,Su 10:00-18:00"},
	    {"星期一至五 9:00-18:00", "星期一至五 9:00-18:00"},
	    {"평일 09:00~18:00 / 토 09:00~13:00 / 일 휴무",
	     "Mo-Fr 09:00-18:00; Sa 09:00-13:00; Su off"},
	    {"월 1회 10:00-12:00", "월 1회 10:00-12:00"},
	    /* closed and excepted days, said behind */
	    {"Tu-Sa 10:00am – 6:00pm, closed Sun & Mon", "Mo,Su off; Tu-Sa 10:00-18:00"},
	    {"chiuso il lunedì; mar-dom 12-15 / 19-23", "Mo off; Tu-Su 12:00-15:00,19:00-23:00"},
	    {"Mon-Fri 9-17, closed on public holidays", "Mo-Fr 09:00-17:00; PH off"},
	    {"So+Feiertage geschlossen, Mo-Sa 9-18 Uhr", "Mo-Sa 09:00-18:00; Su,PH off"},
	    {"tous les jours sauf le lundi de 10h à 18h", "Tu-Su 10:00-18:00"},
	    {"täglich auß"
	     "er Montag und Feiertage 10-18 Uhr",
	     "Tu-Su 10:00-18:00; PH off"},
	    {"Mo-Fr 9-12, closed, Sa 9-12", "\"Mo-Fr 9-12, closed, Sa 9-12\""},
	    {"Mon-Sun 10:00-22:00 except Tuesday", "Mo,We-Su 10:00-22:00"},
	    {"Mo-Fr 6.00-14.00, ausser Mittwoch", "Mo,Tu,Th,Fr 06:00-14:00"},
	    {"Mo+Di Ruhetag, Mi-So 17-23 Uhr", "Mo,Tu off; We-Su 17:00-23:00"},
	    /* signs at the end of a time */
	    {"Mon–Thu 11am–"
	     "10pm, Sun 12–"
	     "9pm",
	     "Mo-Th 11:00-22:00; Su 12:00-21:00"},
	    {"Monday: 11:30 AM–"
	     "2:30 PM, 5:00–"
	     "10:00 PM",
	     "Mo 11:30-14:30,17:00-22:00"},
	    {"Mon-Fri 9a-5p", "Mo-Fr 09:00-17:00"},
	    {"du mardi au samedi de 9 h à 12 h 30 et de 14 h à 19 h",
	     "Tu-Sa 09:00-12:30,14:00-19:00"},
	    {"Mo-Fr 8-12 h 14-18 h", "Mo-Fr 08:00-12:00,14:00-18:00"},
	    {"lun-ven 9h30 - 12 h", "Mo-Fr 09:30-12:00"},
	    {"di-za 10-18u", "Tu-Sa 10:00-18:00"},
	    /* letters for days, every day, around the clock */
	    {"L a V de 9 a 13 y de 17 a 21", "Mo-Fr 09:00-13:00,17:00-21:00"},
	    {"M,W,F 9am-5pm; T,Th 12pm-8pm", "Mo,We,Fr 09:00-17:00; Tu,Th 12:00-20:00"},
	    {"M 10-14", "M 10-14"}, /* Monday in English, Tuesday in Spanish */
	    {"7j/7 de 8h à 20h", "Mo-Su 08:00-20:00"},
	    {"24/24 7/7", "24/7"},
	    /* times before their days */
	    {"9am-5pm Monday to Friday", "Mo-Fr 09:00-17:00"},
	    {"9am-5pm Monday to Friday, 10am-4pm Saturday, closed Sunday",
	     "Mo-Fr 09:00-17:00; Sa 10:00-16:00; Su off"},
	    {"9:00-12:00, 14:00-18:00 Mo-Fr; Sa 9:00-12:00",
	     "Mo-Fr 09:00-12:00,14:00-18:00; Sa 09:00-12:00"},
	    {"von 9 bis 18 Uhr montags bis freitags", "Mo-Fr 09:00-18:00"},
	    {"de 9h à 18h du lundi au vendredi", "Mo-Fr 09:00-18:00"},
	    {"dalle 9.00 alle 13.00 da lunedì a venerdì", "Mo-Fr 09:00-13:00"},
	    {"Open 10am to 6pm daily", "Mo-Su 10:00-18:00"},
	    {"9-17 Mo-Fr, Sa 10-14", "9-17 Mo-Fr, Sa 10-14"}, /* which times are of Saturday? */
	    {"9-5 Monday to Friday", "9-5 Monday to Friday"},
	    {"Mo 9-12; 14-18 Di", "Mo 9-12; 14-18 Di"},
	    {"9am-5pm Monday to Friday, 10am-4pm", "9am-5pm Monday to Friday, 10am-4pm"},
	    /* further languages; "a" is a range in some and an enumeration in others */
	    {"pon-pet 8-20h, sub 9-15h, ned zatvoreno",
	     "Mo-Fr 08:00-20:00; Sa 09:00-15:00; Su off"},
	    {"Понедељак - петак 08:00-20:00", "Mo-Fr 08:00-20:00"},
	    {"Пн-Пт 9:00-18:00, Сб-Вс выходной", "Mo-Fr 09:00-18:00; Sa,Su off"},
	    {"Δευτέρα-Παρασκευή 09:00-17:00", "Mo-Fr 09:00-17:00"},
	    {"Po a St 8:00-17:00, So 8:00-12:00", "Mo,We 08:00-17:00; Sa 08:00-12:00"},
	    {"Ma-Pe 9-17, La 10-14, Su suljettu", "Mo-Fr 09:00-17:00; Sa 10:00-14:00; Su off"},
	    {"من الاثنين الى الجمعة 09:00-17:00", "Mo-Fr 09:00-17:00"},
	    {"Fr-Sa 22:00-26:00; Su 20:00-00:00", "Fr,Sa 22:00-02:00; Su 20:00-24:00"},
	    {"Mo-Fr 05:00-30:00", "\"Mo-Fr 05:00-30:00\""},
	    {"Mon 12am-12am", "Mon 12am-12am"},
	    /* of OpenStreetMap's language, beyond days and times */
	    {"Mo-Fr 09:00-17:00; PH off", "Mo-Fr 09:00-17:00; PH off"},
	    {"Apr-Oct Mo-Fr 09:00-17:00", "Apr-Oct Mo-Fr 09:00-17:00"},
	    /* not understood, or not the same for every reader */
	    {"08:00-18:00", "\"08:00-18:00\""},
	    {"Mo-Fr 9-5", "Mo-Fr 9-5"},
	    {"Mo-Fr 9:00-5:00", "\"Mo-Fr 9:00-5:00\""},
	    {"Mo-Fr 9:00-12:00, 1:00-5:00", "\"Mo-Fr 9:00-12:00, 1:00-5:00\""},
	    {"Mo 10:00-12:00; Mo closed", "\"Mo 10:00-12:00; Mo closed\""},
	    {"Mo-Fr; 9-12", "\"Mo-Fr; 9-12\""},
	    {"Di 9-12", "Di 9-12"}, /* Tuesday, or Sunday in French */
	    {"Mo-Fr 17:00+", "Mo-Fr 17:00+"},
	    {"Fri 10pm-late", "Fri 10pm-late"},
	    {"Mo-Fr 9-12 nach Vereinbarung", "Mo-Fr 9-12 nach Vereinbarung"},
	    {"closed", "\"closed\""},
	    /* excepted days, and cases of names of days */
	    {"tägl. außer So 7-19", "Mo-Sa 07:00-19:00"},
	    {"täglich außer sonntags 7-19 Uhr", "Mo-Sa 07:00-19:00"},
	    {"Hétfőtől péntekig 9-17", "Mo-Fr 09:00-17:00"},
	    {"hétfő-péntek: 8:00-16:00, szombat: zárva", "Mo-Fr 08:00-16:00; Sa off"},
	    {"H-P 8:00-16:00", "Mo-Fr 08:00-16:00"},
	    {"10:00-18:00 daily except Wednesdays", "Mo,Tu,Th-Su 10:00-18:00"},
	    {"9-18 Uhr täglich außer Montag", "Tu-Su 09:00-18:00"},
	    {"daily except Wednesdays 10:00-18:00", "Mo,Tu,Th-Su 10:00-18:00"},
	    {"każdy dzień oprócz niedzieli 8-20", "Mo-Sa 08:00-20:00"},
	    {"codziennie oprócz poniedziałków 10-18", "Tu-Su 10:00-18:00"},
	    {"Pondělí až pátek 9-17", "Mo-Fr 09:00-17:00"},
	    {"po-pá 8-12 a 13-17", "Mo-Fr 08:00-12:00,13:00-17:00"},
	    {"denně kromě pondělí 10-18", "Tu-Su 10:00-18:00"},
	    {"Pzt-Cum 09:00-18:00", "Mo-Fr 09:00-18:00"},
	    {"Hafta içi 09:00-18:00, hafta sonu kapalı", "Mo-Fr 09:00-18:00; Sa,Su off"},
	    {"dagligen utom söndagar 10-18", "Mo-Sa 10:00-18:00"},
	    {"Alle dage undtagen mandag 11-17", "Tu-Su 11:00-17:00"},
	    {"alle dager unntatt søndag 10-18", "Mo-Sa 10:00-18:00"},
	    {"todos los días excepto lunes 10-20", "Tu-Su 10:00-20:00"},
	    {"de 10 a 20h todos los días salvo los lunes", "Tu-Su 10:00-20:00"},
	    {"tutti i giorni tranne il martedì 12-15 e 19-23", "Mo,We-Su 12:00-15:00,19:00-23:00"},
	    {"12-15, 19-23 tutti i giorni tranne il lunedì", "Tu-Su 12:00-15:00,19:00-23:00"},
	    {"de 10h à 18h tous les jours sauf le lundi", "Tu-Su 10:00-18:00"},
	    {"dagelijks behalve zondag 9-18 uur", "Mo-Sa 09:00-18:00"},
	    {"todos os dias exceto segunda-feira das 9h às 18h", "Tu-Su 09:00-18:00"},
	    {"toate zilele 9-21", "Mo-Su 09:00-21:00"},
	    {"Luni - Vineri: 09:00 - 18:00; Sâmbătă: 10:00 - 14:00; Duminică: închis",
	     "Mo-Fr 09:00-18:00; Sa 10:00-14:00; Su off"},
	    {"zilnic cu excepția duminicii 9-18", "Mo-Sa 09:00-18:00"},
	    {"ежедневно кроме воскресенья 9:00-21:00", "Mo-Sa 09:00-21:00"},
	    {"Щодня, крім неділі 9:00-18:00", "Mo-Sa 09:00-18:00"},
	    {"С 9:00 до 18:00 ежедневно, кроме понедельника", "Tu-Su 09:00-18:00"},
	    {"svakim danom osim nedeljom 8-20h", "Mo-Sa 08:00-20:00"},
	    {"Καθημερινά 9-21", "Καθημερινά 9-21"},
	    {"κάθε μέρα εκτός Κυριακής 09:00-21:00", "Mo-Sa 09:00-21:00"},
	    {"päivittäin paitsi sunnuntaisin 10-18", "Mo-Sa 10:00-18:00"},
	    {"ma-pe klo 9-17, la klo 10-15, su suljettu",
	     "Mo-Fr 09:00-17:00; Sa 10:00-15:00; Su off"},
	    {"Maanantaista perjantaihin 9-17", "Mo-Fr 09:00-17:00"},
	    {"kivéve vasárnap 8-20", "kivéve vasárnap 8-20"},
	    {"minden nap kivéve vasárnap 8-20", "Mo-Sa 08:00-20:00"},
	    {"Mo-Sa außer Mi 9-18", "Mo,Tu,Th-Sa 09:00-18:00"},
	    {"9-18 Mo-Sa außer Mi", "Mo,Tu,Th-Sa 09:00-18:00"},
	    {"Mon-Fri 9am-5pm except Wed 9am-12pm", "Mon-Fri 9am-5pm except Wed 9am-12pm"},
	    {"Daily 10-6pm except Tuesday closed", "Daily 10-6pm except Tuesday closed"},
	    {"Mo-Fr 9-17, außer an Feiertagen", "Mo-Fr 09:00-17:00; PH off"},
	    {"Mon 9:00 AM - 5:00 PM Tue Closed", "Mo 09:00-17:00; Tu off"},
	    {"1st and 3rd Saturday 9-12", "1st and 3rd Saturday 9-12"},
	    {"nur am Wochenende 10-17 Uhr", "nur am Wochenende 10-17 Uhr"},
	    {"ab 18 Uhr", "ab 18 Uhr"},
	    {"Seg a Sex das 8h às 18h; Sáb das 8h às 12h", "Mo-Fr 08:00-18:00; Sa 08:00-12:00"},
	    {"Di. - Fr.: 10 - 18.30 Uhr, Sa.: 10 - 16 Uhr, So./Mo.: geschlossen",
	     "Mo,Su off; Tu-Fr 10:00-18:30; Sa 10:00-16:00"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(examples); i++) {
		char text[200];
		snprintf(text, sizeof(text), "name|hours\nA|%s\n", examples[i].written);
		parse(text);
		expect("csv", 1, 0);
		expect_hours(examples[i].written, examples[i].hours, value(0, RECORD_HOURS));
	}
}

static void bars_divide_days_from_their_times(void **state)
{
	static const struct example examples[] = {
	    {"Mon - Fri | 9AM - 5PM", "Mo-Fr 09:00-17:00"},
	    {"Mon | 9AM - 5PM | Tue | 9AM - 6PM", "Mo 09:00-17:00; Tu 09:00-18:00"},
	    {"Mo-Fr 8-12 | 13-17", "Mo-Fr 08:00-12:00,13:00-17:00"},
	    {"Mo-Fr 9-12 | Sa geschlossen", "Mo-Fr 09:00-12:00; Sa off"},
	    {"Mo-Fr | Sa 9-12", "Mo-Fr | Sa 9-12"}, /* when is it open on Monday? */
	    {"Mo-Fr 9-12 | Sa", "Mo-Fr 9-12 | Sa"},
	    {"9-12 | Mo-Fr", "9-12 | Mo-Fr"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(examples); i++) {
		char text[100];
		snprintf(text, sizeof(text), "name;hours\nA;%s\n", examples[i].written);
		parse(text);
		expect("csv", 1, 0);
		expect_hours(examples[i].written, examples[i].hours, value(0, RECORD_HOURS));
	}
}

static void hours_of_a_day_are_understood_or_stay_text(void **state)
{
	static const struct example examples[] = {
	    {"9:00 AM-5:00 PM", "Mo 09:00-17:00"},
	    {"9AM-12PM, 1PM-5PM", "Mo 09:00-12:00,13:00-17:00"},
	    {"9 AM \xe2\x80\x93 12 PM", "Mo 09:00-12:00"},
	    {"1:00 \xe2\x80\x93 5:00\xe2\x80\xafPM", "Mo 13:00-17:00"},
	    {"9.30-12.00", "Mo 09:30-12:00"},
	    {"8:30-17:0", "Mo 08:30-17:00"},
	    {"6:00 PM-12:00 AM", "Mo 18:00-24:00"},
	    {"10:00 PM \xe2\x80\x93 2:00 AM", "Mo 22:00-02:00"},
	    {"open 24 hours", "Mo 00:00-24:00"},
	    {"X", "Mo off"},
	    {"Closed", "Mo off"},
	    {"by appointment", "Monday: by appointment"},
	    {"25:00-26:00", "Monday: 25:00-26:00"},
	    {"9:75-10:00", "Monday: 9:75-10:00"},
	    {"9:00", "Monday: 9:00"},
	    {"Tu 9-12", "Monday: Tu 9-12"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(examples); i++) {
		char text[100];
		snprintf(text, sizeof(text), "name;monday hours\nA;%s\n", examples[i].written);
		parse(text);
		expect("csv", 1, 0);
		expect_hours(examples[i].written, examples[i].hours, value(0, RECORD_HOURS));
	}
}

static void specifications_of_schema_org_are_understood_or_stay_text(void **state)
{
#define SPEC(text)  "\"openingHoursSpecification\":" text
#define TEXTS(text) "\"openingHours\":" text
	static const struct example examples[] = {
	    {SPEC(
		 "[{\"dayOfWeek\":[\"Monday\",\"https://schema.org/Tuesday\"],\"opens\":\"08:00\",\"closes\":\"17:00\"}]"),
	     "Mo,Tu 08:00-17:00"},
	    {SPEC(
		 "{\"dayOfWeek\":\"Monday, Tuesday, Sunday\",\"opens\":\"09:00 AM\",\"closes\":\"05:00 PM\"}"),
	     "Mo,Tu,Su 09:00-17:00"},
	    {SPEC(
		 "{\"dayOfWeek\":[\"Mo\",\"monday\",\"schema:TUESDAY\"],\"opens\":\"9:00\",\"closes\":\"T17:30:00\"}"),
	     "Mo,Tu 09:00-17:30"},
	    {SPEC("{\"dayOfWeek\":\"Friday\",\"opens\":\"20:00:00\",\"closes\":\"02:00:00\"}"),
	     "Fr 20:00-02:00"},
	    {SPEC("[{\"dayOfWeek\":\"Sunday\",\"opens\":\"00:00\",\"closes\":\"00:00\"},"
		  "{\"dayOfWeek\":\"Monday\",\"opens\":\"00:00\",\"closes\":\"23:59\"}]"),
	     "Mo 00:00-24:00; Su off"},
	    {SPEC("[{\"dayOfWeek\":\"Monday\",\"opens\":\"10:00\",\"closes\":\"12:00\"},"
		  "{\"dayOfWeek\":\"Monday\",\"opens\":\"17:00\",\"closes\":\"19:00\"}]"),
	     "Mo 10:00-12:00,17:00-19:00"},
	    {SPEC(
		 "{\"dayOfWeek\":{\"@id\":\"http://schema.org/Saturday\"},\"opens\":\"10:00\",\"closes\":\"12:00\"}"),
	     "Sa 10:00-12:00"},
	    {SPEC("[{\"dayOfWeek\":\"PublicHolidays\",\"opens\":\"00:00\",\"closes\":\"00:00\"},"
		  "{\"dayOfWeek\":\"Monday\",\"opens\":\"09:00\",\"closes\":\"17:00\"}]"),
	     "Mo 09:00-17:00; PH off"},
	    /* no day; open and closed; a time that is none; an offset of elsewhere */
	    {SPEC("{\"opens\":\"09:00\",\"closes\":\"17:00\"}"), "\"09:00-17:00\""},
	    {SPEC("[{\"dayOfWeek\":\"Monday\",\"opens\":\"09:00\",\"closes\":\"17:00\"},"
		  "{\"dayOfWeek\":\"Monday\",\"opens\":\"00:00\",\"closes\":\"00:00\"}]"),
	     "\"Monday 09:00-17:00; Monday 00:00-00:00\""},
	    {SPEC("{\"dayOfWeek\":\"Monday\",\"opens\":\"early\",\"closes\":\"late\"}"),
	     "Monday early-late"},
	    {SPEC("{\"dayOfWeek\":\"Someday\",\"opens\":\"09:00\",\"closes\":\"17:00\"}"),
	     "Someday 09:00-17:00"},
	    {SPEC(
		 "{\"dayOfWeek\":\"Monday\",\"opens\":\"09:00+01:00\",\"closes\":\"17:00+01:00\"}"),
	     "Mo 09:00-17:00"},
	    {SPEC(
		 "{\"dayOfWeek\":\"Monday\",\"opens\":\"09:00:00-05:00\",\"closes\":\"17:00:00-05:00\"}"),
	     "Monday 09:00:00-05:00-17:00:00-05:00"},
	    /* dates */
	    {SPEC(
		 "[{\"dayOfWeek\":\"Monday\",\"opens\":\"09:00\",\"closes\":\"17:00\"},{\"dayOfWeek\":\"Monday\","
		 "\"opens\":\"10:00\",\"closes\":\"12:00\",\"validFrom\":\"2001-06-01\",\"validThrough\":\"2001-08-31\"}]"),
	     "Mo 09:00-17:00"},
	    {SPEC(
		 "[{\"dayOfWeek\":\"Monday\",\"opens\":\"09:00\",\"closes\":\"17:00\"}],"
		 "\"specialOpeningHoursSpecification\":[{\"validFrom\":\"2999-12-25\",\"validThrough\":\"2999-12-25\","
		 "\"opens\":\"00:00\",\"closes\":\"00:00\"}]"),
	     "Mo 09:00-17:00; 2999 Dec 25 off"},
	    {SPEC(
		 "{\"dayOfWeek\":[\"Monday\",\"Tuesday\"],\"opens\":\"10:00\",\"closes\":\"12:00\","
		 "\"validFrom\":\"2999-06-01\","
		 "\"validThrough\":\"2999-08-31\"}"),
	     "2999 Jun 01-2999 Aug 31 Mo,Tu 10:00-12:00"},
	    {SPEC(
		 "{\"dayOfWeek\":\"Monday\",\"opens\":\"09:00\",\"closes\":\"17:00\"},"
		 "\"specialOpeningHoursSpecification\":{\"dayOfWeek\":\"Sunday\",\"opens\":\"10:00\",\"closes\":\"12:00\"}"),
	     "\"Monday 09:00-17:00; Sunday 10:00-12:00\""},
	    /* without times: closed, as schema.org defines it; an end that is missing is none */
	    {SPEC(
		 "[{\"dayOfWeek\":\"Monday\",\"opens\":\"09:00\",\"closes\":\"17:00\"},{\"dayOfWeek\":"
		 "\"Tuesday\",\"opens\":null,\"closes\":null},{\"dayOfWeek\":\"Sunday\"}]"),
	     "Mo 09:00-17:00; Tu,Su off"},
	    {SPEC("{\"dayOfWeek\":\"Monday\",\"opens\":\"09:00\"}"), "Monday 09:00-"},
	    {SPEC(
		 "{\"dayOfWeek\":\"Monday\",\"opens\":\"09:00\",\"closes\":\"17:00\"},"
		 "\"specialOpeningHoursSpecification\":{\"validFrom\":\"2999-12-24\",\"validThrough\":\"2999-12-26\"}"),
	     "Mo 09:00-17:00; 2999 Dec 24-2999 Dec 26 off"},
	    {SPEC(
		 "[{\"dayOfWeek\":\"Lundi\",\"opens\":\"Fermé\",\"closes\":\"Fermé\"},{\"dayOfWeek\":"
		 "\"Mardi\",\"opens\":\"18h\",\"closes\":\"2h\"}]"),
	     "Mo off; Tu 18:00-02:00"},
	    {SPEC("{\"dayOfWeek\":\"Monday\",\"opens\":\"12:00 AM\",\"closes\":\"12:00 AM\"}"),
	     "Monday 12:00 AM-12:00 AM"},
	    /* lists of times, lists of lists, other names */
	    {SPEC(
		 "{\"dayOfWeek\":\"Monday\",\"opens\":[\"09:00\",\"13:00\"],\"closes\":[\"12:00\",\"17:00\"]}"),
	     "Mo 09:00-12:00,13:00-17:00"},
	    {SPEC(
		 "[[{\"dayOfWeek\":\"Monday\",\"opens\":\"09:00\",\"closes\":\"12:00\"}],[{\"dayOfWeek\":"
		 "\"Tuesday\",\"opens\":\"09:00\",\"closes\":\"12:00\"}]]"),
	     "Mo,Tu 09:00-12:00"},
	    {"\"hoursAvailable\":{\"dayOfWeek\":\"Monday\",\"opens\":\"09:00\",\"closes\":\"12:00\"}",
	     "Mo 09:00-12:00"},
	    /* both forms: of other days, the same, or contradicting each other */
	    {TEXTS("\"Mo-Fr 09:00-18:00\",")
		 SPEC("[{\"dayOfWeek\":\"Saturday\",\"opens\":\"09:00\",\"closes\":\"12:00\"}]"),
	     "Mo-Fr 09:00-18:00; Sa 09:00-12:00"},
	    {TEXTS("\"Mo 09:00-18:00\",")
		 SPEC("[{\"dayOfWeek\":\"Monday\",\"opens\":\"9:00\",\"closes\":\"18:00:00\"}]"),
	     "Mo 09:00-18:00"},
	    {TEXTS("\"Mo 09:00-18:00\",")
		 SPEC("[{\"dayOfWeek\":\"Monday\",\"opens\":\"9:00\",\"closes\":\"17:00\"}]"),
	     "\"Monday 9:00-17:00; Mo 09:00-18:00\""},
	    /* what nobody could read is not shown */
	    {TEXTS("{\"regular\":[{\"x\":1}],\"open_now\":true}"), ""},
	    {TEXTS("{\"display\":\"Mon-Fri 9:00-17:00\",\"open_now\":true}"), "Mo-Fr 09:00-17:00"},
	    {SPEC("{\"@id\":\"#nowhere\"}"), ""},
	    /* the short form */
	    {TEXTS("[\"Mo-Fr 09:00-12:00\",\"Mo-Fr 13:00-17:00\"]"),
	     "Mo-Fr 09:00-12:00,13:00-17:00"},
	    {TEXTS("\"Mo-Fr 09:00-12:00, 13:00-17:00, Sa 09:00-12:00\""),
	     "Mo-Fr 09:00-12:00,13:00-17:00; Sa 09:00-12:00"},
	    {TEXTS("[\"Mo Closed\",\"Tu 10:00-20:00\"]"), "Mo off; Tu 10:00-20:00"},
	    {TEXTS("[\"Mo Closed\",\"Mo 10:00-20:00\"]"), "\"Mo Closed; Mo 10:00-20:00\""},
	    {TEXTS(
		 "{\"Monday\":\"9-17\",\"Tuesday\":[\"9-12\",\"13-17\"],\"Sunday\":\"Closed\",\"Saturday\":null}"),
	     "Mo 09:00-17:00; Tu 09:00-12:00,13:00-17:00; Su off"},
	    {TEXTS(
		 "{\"weekday_text\":[\"Monday: 9:00 AM \xe2\x80\x93 5:00 PM\",\"Tuesday: Closed\"]}"),
	     "Mo 09:00-17:00; Tu off"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(examples); i++) {
		char text[700];
		snprintf(
		    text, sizeof(text),
		    "{\"@context\":\"https://schema.org\",\"@type\":\"Bakery\",\"@id\":\"x\",\"name\":\"A\","
		    "\"address\":{\"addressCountry\":\"CH\"},%s}",
		    examples[i].written);
		parse(text);
		expect("json/schema.org", 1, 0);
		expect_hours(examples[i].written, examples[i].hours, value(0, RECORD_HOURS));
	}
}

static void the_language_of_openstreetmap_is_taken_as_it_is(void **state)
{
	(void)state;
	parse(
	    "{\"type\":\"node\",\"id\":1,\"tags\":{\"name\":\"A\",\"shop\":\"farm\",\"opening_hours\":"
	    "\"Mo-Su 09:00-18:00; Su off\"}}");
	expect("json/osm", 1, 0);
	assert_string_equal(value(0, RECORD_HOURS), "Mo-Su 09:00-18:00; Su off");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_understood_whole_or_stay_text),
	    cmocka_unit_test(bars_divide_days_from_their_times),
	    cmocka_unit_test(hours_of_a_day_are_understood_or_stay_text),
	    cmocka_unit_test(specifications_of_schema_org_are_understood_or_stay_text),
	    cmocka_unit_test(the_language_of_openstreetmap_is_taken_as_it_is),
	};
	int bad = cmocka_run_group_tests_name("parse hours", tests, NULL, NULL);
	arena_release(&got.arena);
	return bad;
}
