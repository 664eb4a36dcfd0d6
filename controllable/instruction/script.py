"""Simplified ↔ traditional Chinese, character by character, for the vocabulary of photographs.

A table of the characters that wishes about photos use, not a general converter: it makes the traditional half
of the corpus, and the tokenizer folds traditional characters onto the simplified ones with it.
"""

SIMPLIFIED = (
    "万专业东丝丢两严个丰为丽义乌乐书买乱于云产亲仅从们优会伞传伤伪体余侧债偿储儿兰关兴养册写军农决况冻净准凉减几击划刘则刚创"
    "删别剂剧剑劝办务动励劲劳势匀区医华协单卖卢卫却厂厅历厉压厌厕厢厨县参双发变叠台号叹吓吗听启员响唤喷团园围国图圆圣场坏块坚"
    "坛坟坠垒垫墙壮声壳处备复够头夹夺奋奖妆妇妈娇娱孙学宁实宠审宽宾对寻导寿将尔尘尝尽层届属岁岛岭币师帅帐带帮库应庙庞废开异弃"
    "张弥弯弹强归录彻径忆忧怀态怜总恋恳恶恼悦悬惊惧惨惯愤愿懒戏战户扑执扩扫扬扰抚抛抢护报担拟拢拣拥择挂挡挣挤挥损捡换据掷搅携"
    "摄摆摇撑敌数断无旧时显晋晒晓晕晖暂术机杀杂权条来杨极构枪柜标栈栋栏树样桥档桩梦检楼横欢欧残毁毕气汇汉汤沟没泪泼泽洁洒浅浆"
    "浇测济浑浓涂涛润涨渐渔温湾湿满滚滞滤滥滨滩灭灯灵灾炉点炼烁烂烛烟烦烧热焕爱爷牵牺状独狭狮猎猪猫献环现玛画畅疗疮疯痒瘾皱盏"
    "盐监盖盗盘睁矫码砖础硕确碍礼祷祸离种积称稳穷窃竖竞笔笼筑筛签简篮类粮紧纠红纤约级纪纯纱纲纳纵纷纸纹线组细织终绍经结绕绘给"
    "络绝统继绩绪续维绵综绿缀编缘缝缩缭罗罚罢翘联聪肃肠肤肿胀胆胜胧胶脉脏脑脚脱脸腊腻舰舱艳艺节苍苏苹荐荡荣药莱莲获莹萝营萧蓝"
    "虑虚虫虽蚀蜡蝇补装裤见观规视览觉触誉计订认讨让训议讯记讲许论设访证评识诉词译试诗诚话诞该详误说请诺读课谁调谈谊谋谓谜谢谱"
    "贝负贡财责贤败货质贪购贯贱贴贵贷贸费贺贼资赏赔赖赛赞赠赢赵趋跃践踪车轨转轮软轰轴轻载辅辆辈输辑边辽达迁过迈运还这进远违连"
    "迟适选递逻遗邮邻郑郁酱酿释鉴针钉钓钟钢钥钩钱钻铁铃铅铜铝铭银铺链销锁锅锈锋锐错锤锦键锯镇镜长门闪闭问闲间闷闹闻阁阅队阳阴"
    "阵阶际陆陈险随隐难雏雾静韵页顶项顺须顽顾顿颁预领颇频颗题颜额风飘飞饥饭饮饰饱饼馆马驱驶驻驾骂骄验骏骑骗骤鱼鲁鲜鸟鸡鸣鸦鸭"
    "鸽鸿鹅鹰麦齐齿龄龙龟杠祛痴呗啰霁饿玮乔侠绒缎缤纺绣缓缴绑绳驼骆鹤枫栅橱毡渍渊溅澜灿"
)
TRADITIONAL = (
    "萬專業東絲丟兩嚴個豐為麗義烏樂書買亂於雲產親僅從們優會傘傳傷偽體餘側債償儲兒蘭關興養冊寫軍農決況凍淨準涼減幾擊劃劉則剛創"
    "刪別劑劇劍勸辦務動勵勁勞勢勻區醫華協單賣盧衛卻廠廳歷厲壓厭廁廂廚縣參雙發變疊臺號嘆嚇嗎聽啟員響喚噴團園圍國圖圓聖場壞塊堅"
    "壇墳墜壘墊牆壯聲殼處備復夠頭夾奪奮獎妝婦媽嬌娛孫學寧實寵審寬賓對尋導壽將爾塵嘗盡層屆屬歲島嶺幣師帥帳帶幫庫應廟龐廢開異棄"
    "張彌彎彈強歸錄徹徑憶憂懷態憐總戀懇惡惱悅懸驚懼慘慣憤願懶戲戰戶撲執擴掃揚擾撫拋搶護報擔擬攏揀擁擇掛擋掙擠揮損撿換據擲攪攜"
    "攝擺搖撐敵數斷無舊時顯晉曬曉暈暉暫術機殺雜權條來楊極構槍櫃標棧棟欄樹樣橋檔樁夢檢樓橫歡歐殘毀畢氣匯漢湯溝沒淚潑澤潔灑淺漿"
    "澆測濟渾濃塗濤潤漲漸漁溫灣濕滿滾滯濾濫濱灘滅燈靈災爐點煉爍爛燭煙煩燒熱煥愛爺牽犧狀獨狹獅獵豬貓獻環現瑪畫暢療瘡瘋癢癮皺盞"
    "鹽監蓋盜盤睜矯碼磚礎碩確礙禮禱禍離種積稱穩窮竊豎競筆籠築篩簽簡籃類糧緊糾紅纖約級紀純紗綱納縱紛紙紋線組細織終紹經結繞繪給"
    "絡絕統繼績緒續維綿綜綠綴編緣縫縮繚羅罰罷翹聯聰肅腸膚腫脹膽勝朧膠脈髒腦腳脫臉臘膩艦艙艷藝節蒼蘇蘋薦蕩榮藥萊蓮獲瑩蘿營蕭藍"
    "慮虛蟲雖蝕蠟蠅補裝褲見觀規視覽覺觸譽計訂認討讓訓議訊記講許論設訪證評識訴詞譯試詩誠話誕該詳誤說請諾讀課誰調談誼謀謂謎謝譜"
    "貝負貢財責賢敗貨質貪購貫賤貼貴貸貿費賀賊資賞賠賴賽贊贈贏趙趨躍踐蹤車軌轉輪軟轟軸輕載輔輛輩輸輯邊遼達遷過邁運還這進遠違連"
    "遲適選遞邏遺郵鄰鄭鬱醬釀釋鑑針釘釣鐘鋼鑰鉤錢鑽鐵鈴鉛銅鋁銘銀鋪鏈銷鎖鍋鏽鋒銳錯錘錦鍵鋸鎮鏡長門閃閉問閒間悶鬧聞閣閱隊陽陰"
    "陣階際陸陳險隨隱難雛霧靜韻頁頂項順須頑顧頓頒預領頗頻顆題顏額風飄飛飢飯飲飾飽餅館馬驅駛駐駕罵驕驗駿騎騙驟魚魯鮮鳥雞鳴鴉鴨"
    "鴿鴻鵝鷹麥齊齒齡龍龜槓袪癡唄囉霽餓瑋喬俠絨緞繽紡繡緩繳綁繩駝駱鶴楓柵櫥氈漬淵濺瀾燦"
)

VARIANTS = (
    "後麼麽裡裏著隻網製髮幹乾係鬆濛矇遊週複迴檯儘捲衝沖範闆鬍鬚臟緻菸闇豔黴讚佔葉閨頸頰簾嬰宮奧妳牠",
    "后么么里里着只网制发干干系松蒙蒙游周复回台尽卷冲冲范板胡须脏致烟暗艳霉赞占叶闺颈颊帘婴宫奥你它",
)
"""Further traditional characters, and what they become; one simplified character may stand for several of these."""

_TO_TRADITIONAL = str.maketrans(SIMPLIFIED, TRADITIONAL)
_TO_SIMPLIFIED = str.maketrans(TRADITIONAL + VARIANTS[0], SIMPLIFIED + VARIANTS[1])


def traditional(text: str) -> str:
    return text.translate(_TO_TRADITIONAL)


def simplified(text: str) -> str:
    return text.translate(_TO_SIMPLIFIED)


def is_chinese(text: str) -> bool:
    """True when at least a fifth of the characters are Chinese: the language to answer in."""
    letters = [character for character in text if character.isalpha()]
    return sum("\u4e00" <= letter <= "\u9fff" for letter in letters) * 5 > len(letters)
