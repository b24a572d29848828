"""The words of the policy, in four languages: what the keys of the registry mean to whoever reads it."""

from collections.abc import Mapping

Text = Mapping[str, str]


def _t(en: str, bn: str, fa: str, ar: str) -> Text:
    return {"en": en, "bn": bn, "fa": fa, "ar": ar}


# The longest key that a column's category begins with is the one that counts; "user" catches what is new.
CATEGORIES: Mapping[str, Text] = {
    "user": _t("Other data of yours", "আপনার অন্যান্য তথ্য", "دیگر داده‌های شما", "بيانات أخرى تخصّك"),
    "user.name": _t("Name", "নাম", "نام", "الاسم"),
    "user.contact": _t(
        "Phone number or e-mail", "ফোন নম্বর বা ই-মেইল", "شمارۀ تلفن یا ایمیل", "رقم الهاتف أو البريد الإلكتروني"
    ),
    "user.contact.phone_number": _t(
        "Phone number, as a keyed digest", "ফোন নম্বর, সাংকেতিক ছাপ হিসেবে", "شمارۀ تلفن، به شکل اثر رمزی",
        "رقم الهاتف، كبصمة مشفّرة",
    ),
    "user.contact.address": _t(
        "Address and directions to the door", "ঠিকানা ও দরজা পর্যন্ত পথনির্দেশ", "نشانی و راهنمای رسیدن به در",
        "العنوان وإرشادات الوصول إلى الباب",
    ),
    "user.location.precise": _t("Exact position", "সঠিক অবস্থান", "مکان دقیق", "الموقع الدقيق"),
    "user.location": _t(
        "Area, about two kilometres wide", "এলাকা, প্রায় দুই কিলোমিটার প্রশস্ত", "محدوده، به پهنای حدود دو کیلومتر",
        "المنطقة، بعرض كيلومترين تقريبًا",
    ),
    "user.demographic.date_of_birth": _t("Date of birth", "জন্মতারিখ", "تاریخ تولد", "تاريخ الميلاد"),
    "user.demographic": _t("Age group", "বয়সসীমা", "گروه سنی", "الفئة العمرية"),
    "user.account": _t(
        "Account: number, roles, times", "অ্যাকাউন্ট: নম্বর, ভূমিকা, সময়", "حساب: شماره، نقش‌ها، زمان‌ها",
        "الحساب: رقمه وأدواره وأوقاته",
    ),
    "user.account.residence": _t(
        "The home you live in, and since when", "আপনি কোন ঘরে থাকেন, কবে থেকে", "خانه‌ای که در آن زندگی می‌کنید، و از کی",
        "المنزل الذي تسكنه، ومنذ متى",
    ),
    "user.account.username": _t("User name", "ব্যবহারকারীর নাম", "نام کاربری", "اسم المستخدم"),
    "user.authorization": _t(
        "Sign-in secrets, as digests", "সাইন-ইনের গোপন তথ্য, ছাপ হিসেবে", "رازهای ورود، به شکل اثر رمزی",
        "أسرار تسجيل الدخول، كبصمات",
    ),
    "user.preferences": _t(
        "Language and preferences", "ভাষা ও পছন্দ", "زبان و ترجیح‌ها", "اللغة والتفضيلات"
    ),
    "user.consent": _t(
        "Your acceptances and consents", "আপনার সম্মতি ও অনুমোদন", "پذیرش‌ها و رضایت‌های شما", "قبولك وموافقاتك"
    ),
    "user.disclosure": _t(
        "Record of who saw your data", "কে আপনার তথ্য দেখেছে তার নথি", "ثبت اینکه چه کسی داده‌های شما را دیده است",
        "سجلّ من اطّلع على بياناتك",
    ),
    "user.device": _t(
        "Device: type, system, times of use", "যন্ত্র: ধরন, সিস্টেম, ব্যবহারের সময়", "دستگاه: نوع، سیستم، زمان استفاده",
        "الجهاز: نوعه ونظامه وأوقات استخدامه",
    ),
    "user.device.ip_address": _t(
        "Network address, as a keyed digest", "নেটওয়ার্ক ঠিকানা, সাংকেতিক ছাপ হিসেবে", "نشانی شبکه، به شکل اثر رمزی",
        "عنوان الشبكة، كبصمة مشفّرة",
    ),
    "user.content": _t(
        "What you write and send: requests, notes, photos, messages", "আপনি যা লেখেন ও পাঠান: অনুরোধ, নোট, ছবি, বার্তা",
        "آنچه می‌نویسید و می‌فرستید: درخواست، یادداشت، عکس، پیام", "ما تكتبه وترسله: طلبات وملاحظات وصور ورسائل",
    ),
    "user.behavior": _t(
        "How and when you use the service", "আপনি কীভাবে ও কখন সেবাটি ব্যবহার করেন", "چگونگی و زمان استفاده از خدمات",
        "كيف ومتى تستخدم الخدمة",
    ),
    "user.financial": _t(
        "Money: amounts, the bank's transaction and tracking numbers, and the account that we pay out to",
        "টাকা: পরিমাণ, ব্যাংকের লেনদেন ও ট্র্যাকিং নম্বর, এবং যে হিসাবে আমরা টাকা পাঠাই",
        "پول: مبلغ، شمارۀ تراکنش و پیگیری بانکی، و حسابی که به آن واریز می‌کنیم",
        "المال: المبالغ ورقم المعاملة ورقم التتبّع لدى البنك والحساب الذي نصرف إليه",
    ),
    "user.workplace": _t(
        "Work: skills, hours, ratings, standing", "কাজ: দক্ষতা, সময়, মূল্যায়ন, অবস্থান", "کار: مهارت، ساعت، امتیاز، جایگاه",
        "العمل: المهارات والساعات والتقييمات والمكانة",
    ),
    "user.reference": _t(
        "Links between your records", "আপনার নথিগুলির মধ্যে সংযোগ", "پیوند میان سوابق شما", "روابط بين سجلّاتك"
    ),
    "user.unique_id": _t(
        "Numbers that stand for you", "আপনার হয়ে ব্যবহৃত নম্বর", "شماره‌هایی که نمایندۀ شما هستند", "أرقام تدلّ عليك"
    ),
}  # fmt: skip

PURPOSES: Mapping[str, Text] = {
    "provide": _t(
        "To do the work you asked for", "আপনার চাওয়া কাজটি করতে", "برای انجام کاری که خواسته‌اید", "لإنجاز العمل الذي طلبته"
    ),
    "contact": _t(
        "To reach you about it and confirm it", "এ বিষয়ে আপনার সঙ্গে যোগাযোগ ও নিশ্চিত করতে",
        "برای تماس با شما دربارۀ آن و تأیید آن", "للتواصل معك بشأنه وتأكيده",
    ),
    "pay": _t("To take and pay money", "টাকা নিতে ও দিতে", "برای دریافت و پرداخت پول", "لقبض المال ودفعه"),
    "legal": _t("Because a law asks for it", "আইনের বাধ্যবাধকতায়", "چون قانون می‌خواهد", "لأن القانون يطلب ذلك"),
    "security": _t(
        "To keep your account yours", "আপনার অ্যাকাউন্ট নিরাপদ রাখতে", "برای اینکه حسابتان از آنِ شما بماند",
        "ليبقى حسابك لك وحدك",
    ),
    "quality": _t(
        "To check that the work was good", "কাজ ভালো হয়েছে কি না দেখতে", "برای اطمینان از خوب بودن کار",
        "للتحقّق من جودة العمل",
    ),
    "support": _t(
        "To help you and settle complaints", "আপনাকে সাহায্য করতে ও অভিযোগ মেটাতে", "برای کمک به شما و رسیدگی به شکایت‌ها",
        "لمساعدتك ومعالجة الشكاوى",
    ),
    "improve": _t(
        "To improve the service (only if you switch it on)", "সেবা উন্নত করতে (শুধু আপনি চালু করলে)",
        "برای بهتر کردن خدمات (تنها اگر روشنش کنید)", "لتحسين الخدمة (فقط إن فعّلت ذلك)",
    ),
    "personalise": _t(
        "To make offers for you (only if you switch it on)", "আপনার জন্য অফার তৈরি করতে (শুধু আপনি চালু করলে)",
        "برای پیشنهادهای ویژۀ شما (تنها اگر روشنش کنید)", "لتقديم عروض لك (فقط إن فعّلت ذلك)",
    ),
    "protect": _t(
        "To prevent and clear up misuse", "অপব্যবহার ঠেকাতে ও খতিয়ে দেখতে", "برای جلوگیری از سوءاستفاده و روشن کردن آن",
        "لمنع إساءة الاستخدام وكشفها",
    ),
    "manage_requests": _t(
        "To receive and manage maintenance requests from residents",
        "বাসিন্দাদের মেরামতের অনুরোধ নিতে ও সামলাতে", "برای دریافت و پیگیری درخواست‌های تعمیر ساکنان",
        "لاستلام طلبات الصيانة من السكان وإدارتها",
    ),
}  # fmt: skip

RETENTIONS: Mapping[str, Text] = {
    "shift": _t(
        "Until the working day is over", "কর্মদিবস শেষ হওয়া পর্যন্ত", "تا پایان نوبت کاری", "حتى نهاية وقت العمل"
    ),
    "session": _t(
        "30 days after the session ends", "সেশন শেষ হওয়ার ৩০ দিন পর পর্যন্ত", "تا ۳۰ روز پس از پایان نشست",
        "٣٠ يومًا بعد انتهاء الجلسة",
    ),
    "code": _t("One day", "এক দিন", "یک روز", "يوم واحد"),
    "log": _t("30 days", "৩০ দিন", "۳۰ روز", "٣٠ يومًا"),
    "device": _t("90 days", "৯০ দিন", "۹۰ روز", "٩٠ يومًا"),
    "account": _t(
        "As long as your account lasts, and 30 days more", "আপনার অ্যাকাউন্ট যত দিন থাকে, এবং আরও ৩০ দিন",
        "تا زمانی که حساب دارید، و ۳۰ روز پس از آن", "ما دام حسابك قائمًا، و٣٠ يومًا بعده",
    ),
    "job": _t(
        "Two years after the job is closed", "কাজ শেষ হওয়ার দুই বছর পর পর্যন্ত", "دو سال پس از بسته شدن کار",
        "سنتان بعد إغلاق العمل",
    ),
    "case": _t(
        "Three years after the case is closed", "অভিযোগ নিষ্পত্তির তিন বছর পর পর্যন্ত", "سه سال پس از بسته شدن پرونده",
        "ثلاث سنوات بعد إغلاق القضية",
    ),
    "statutory": _t(
        "As long as the law of accounts asks, up to ten years", "হিসাব-আইন যত দিন চায়, সর্বোচ্চ দশ বছর",
        "تا زمانی که قانون حساب‌ها می‌خواهد، حداکثر ده سال", "المدّة التي يطلبها قانون المحاسبة، حتى عشر سنوات",
    ),
    "disclosure": _t("Two years", "দুই বছর", "دو سال", "سنتان"),
    "policy": _t(
        "As long as it proves what was agreed", "যত দিন তা সম্মতির প্রমাণ", "تا زمانی که گواه توافق است",
        "ما دام دليلًا على ما اتُّفق عليه",
    ),
    "forever": _t(
        "For ever, as numbers that name nobody", "চিরকাল, তবে শুধু এমন নম্বর হিসেবে যা কারও নাম বলে না",
        "همیشه، به شکل شماره‌هایی که نام کسی نیست", "دائمًا، كأرقام لا تسمّي أحدًا",
    ),
}  # fmt: skip

ROLES: Mapping[str, Text] = {
    "customer": _t("Customer", "গ্রাহক", "مشتری", "العميل"),
    "specialist": _t("Specialist", "কারিগর", "متخصص", "الفنّي"),
    "agent": _t("Call-centre agent", "কল সেন্টারের কর্মী", "کارشناس مرکز تماس", "موظّف مركز الاتصال"),
    "dispatcher": _t("Dispatcher", "কাজ বণ্টনকারী", "توزیع‌کنندۀ کار", "موزّع المهام"),
    "manager": _t("Team manager", "দলের ব্যবস্থাপক", "مدیر تیم", "مدير الفريق"),
    "finance": _t("Finance", "হিসাব বিভাগ", "امور مالی", "المالية"),
    "compliance": _t(
        "Compliance officer", "তথ্য সুরক্ষা কর্মকর্তা", "مسئول حفاظت از داده", "مسؤول حماية البيانات"
    ),
    "administrator": _t("Administrator", "প্রশাসক", "مدیر سامانه", "مدير النظام"),
}  # fmt: skip

FIELDS: Mapping[str, Text] = {
    "name": _t("name", "নাম", "نام", "الاسم"),
    "phone": _t("phone number", "ফোন নম্বর", "شمارۀ تلفن", "رقم الهاتف"),
    "email": _t("e-mail", "ই-মেইল", "ایمیل", "البريد الإلكتروني"),
    "address": _t("address", "ঠিকানা", "نشانی", "العنوان"),
    "pin": _t("exact position", "সঠিক অবস্থান", "مکان دقیق", "الموقع الدقيق"),
    "born_on": _t("date of birth", "জন্মতারিখ", "تاریخ تولد", "تاريخ الميلاد"),
    "username": _t("user name", "ব্যবহারকারীর নাম", "نام کاربری", "اسم المستخدم"),
    "account": _t("bank account", "ব্যাংক অ্যাকাউন্ট", "حساب بانکی", "الحساب المصرفي"),
    "position": _t(
        "place as you share it on duty", "দায়িত্বকালে আপনার জানানো অবস্থান", "جایی که هنگام خدمت به اشتراک می‌گذارید",
        "المكان الذي تشاركه أثناء نوبتك",
    ),
    "report": _t(
        "request about your home, with its unit", "ঘর নিয়ে আপনার অনুরোধ, ইউনিটসহ",
        "درخواست شما دربارهٔ خانه‌تان، با واحد آن", "طلبك بشأن مسكنك مع رقم وحدته",
    ),
}  # fmt: skip

NEEDS: Mapping[str, Text] = {
    "window": _t(
        "Only for a job they share with you, from its acceptance until shortly after the visit",
        "শুধু আপনার সঙ্গে একই কাজের জন্য, গ্রহণ করার সময় থেকে কাজ শেষের অল্প পর পর্যন্ত",
        "تنها برای کاری که با شما مشترک دارند، از پذیرش آن تا اندکی پس از پایان",
        "فقط لعمل مشترك معك، من قبوله حتى ما بعد الزيارة بقليل",
    ),
    "case": _t(
        "Only for a named case", "শুধু নির্দিষ্ট কোনো মামলা বা অভিযোগের জন্য", "تنها برای پرونده‌ای مشخص", "فقط لقضية محدّدة"
    ),
    "reason": _t(
        "Only with a reason, which you can read",
        "শুধু কারণ জানিয়ে, যা আপনি পড়তে পারেন", "تنها با دلیلی که شما می‌توانید بخوانید",
        "فقط لسبب يمكنك قراءته",
    ),
    "file": _t(
        "Only in the file by which the bank pays you",
        "শুধু যে ফাইল দিয়ে ব্যাংক আপনাকে টাকা পাঠায় তাতে", "تنها در پرونده‌ای که بانک با آن به شما می‌پردازد",
        "فقط في الملف الذي يدفع لك المصرف بموجبه",
    ),
    "nearest": _t(
        "Only while you are on duty and share it, when you are among the nearest to a place where a guard is needed",
        "শুধু আপনি দায়িত্বে থাকলে ও নিজে জানালে, যখন প্রহরীর প্রয়োজন এমন জায়গার সবচেয়ে কাছের কয়েকজনের মধ্যে আপনি আছেন",
        "تنها هنگامی که در حال خدمت هستید و آن را به اشتراک می‌گذارید، و از نزدیک‌ترین‌ها به جایی هستید که نگهبان می‌خواهد",
        "فقط أثناء نوبتك وما دمت تشاركه، حين تكون من الأقرب إلى مكان يحتاج إلى حارس",
    ),
    "managed": _t(
        "Only of the compound that they manage", "শুধু যে আবাসন তাঁরা পরিচালনা করেন তার", "تنها در مجتمعی که مدیریت می‌کنند",
        "في المجمّع الذي يديرونه فقط",
    ),
}  # fmt: skip


def category(key: str) -> Text:
    """The words of a column's category: those of the longest known beginning."""
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        found = CATEGORIES.get(".".join(parts[:length]))
        if found is not None:
            return found
    return CATEGORIES["user"]
